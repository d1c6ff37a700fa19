"""Causal softmax attention over the whole past, with as many key and value heads as asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from model.config import GPTConfig
from model.heads import SoftmaxAttention, check_kv_heads, projections
from model.registry import later
from model.slots import ATTENTION
from model.traits import Traits, multi_head


@ATTENTION.variant(paper="https://arxiv.org/abs/2305.13245")
class Full(SoftmaxAttention):
    """Multi-head; grouped-query where kv_heads < n_head; multi-query where it is 1."""

    @dataclass(frozen=True)
    class Config:
        """kv_heads: heads of keys and values, a divisor of n_head; None is n_head; bias: of all projections."""

        kv_heads: int | None = None
        bias: bool = later(False)

        def check(self, model: GPTConfig, key: str) -> None:
            check_kv_heads(self.kv_heads, model, key)

        def traits(self, model: GPTConfig) -> Traits:
            return multi_head(model, self.kv_heads)

        def parameters(self, model: GPTConfig, layer: int) -> int:
            return projections(model, self.kv_heads, self.bias)

        def off(self, model: GPTConfig) -> tuple[object, object]:
            """As many heads of keys as of queries is multi-head attention."""
            return replace(self, kv_heads=model.n_head), replace(self, kv_heads=None)

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(model, layer, kv_heads=config.kv_heads, window=None, bias=config.bias)
