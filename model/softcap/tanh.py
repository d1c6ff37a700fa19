"""Soft-cap: scores keep their order and stay within bounds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import SOFTCAP


@SOFTCAP.variant(paper="https://arxiv.org/abs/2408.00118")
class Tanh(nn.Module):
    """`cap * tanh(x / cap)`: about x while x is small beside the cap, and never beyond it (section 2)."""

    @dataclass(frozen=True)
    class Config:
        """cap: the bound, > 0; the paper has 50 for attention and 30 for the logits."""

        cap: float = 50.0

        def check(self, model: GPTConfig, key: str) -> None:
            if not self.cap > 0:
                raise ValueError(f"{key}.cap: {self.cap} is not a bound; allowed: above 0")

        def off(self, model: GPTConfig) -> tuple[object, object]:
            """A cap far above all scores is none."""
            return replace(self, cap=1e9), SOFTCAP.get("none").config()

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.cap = config.cap

    def forward(self, x: Tensor) -> Tensor:
        return self.cap * (x / self.cap).tanh()
