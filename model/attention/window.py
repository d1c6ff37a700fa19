"""Causal softmax attention over a sliding window."""

from __future__ import annotations

from dataclasses import dataclass, replace

from model.config import GPTConfig
from model.heads import SoftmaxAttention, check_kv_heads, projections
from model.registry import later
from model.slots import ATTENTION
from model.traits import Traits, multi_head


@ATTENTION.variant(paper="https://arxiv.org/abs/2004.05150")
class Window(SoftmaxAttention):
    """Sees the last `size` tokens, the current one included; through L layers the view reaches `L (size - 1)` back."""

    @dataclass(frozen=True)
    class Config:
        """size: tokens seen, the current one included; kv_heads, bias: as in full attention."""

        size: int = 16
        kv_heads: int | None = None
        bias: bool = later(False)

        def check(self, model: GPTConfig, key: str) -> None:
            if self.size < 1:
                raise ValueError(f"{key}.size: {self.size} sees no token; allowed: 1 (the token itself) or more")
            check_kv_heads(self.kv_heads, model, key)

        def traits(self, model: GPTConfig) -> Traits:
            return multi_head(model, self.kv_heads)

        def parameters(self, model: GPTConfig, layer: int) -> int:
            return projections(model, self.kv_heads, self.bias)

        def off(self, model: GPTConfig) -> tuple[object, object]:
            """A window that holds the whole context is none."""
            full = ATTENTION.get("full").config(kv_heads=self.kv_heads, bias=self.bias)
            return replace(self, size=model.context), full

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(model, layer, kv_heads=config.kv_heads, window=config.size, bias=config.bias)
