"""Sandwich norm: what a sublayer reads is normed, and so is what it adds."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from model.config import GPTConfig
from model.norm import Norm
from model.placement import Placement
from model.slots import NORM, NORM_PLACE


@NORM_PLACE.variant(paper="https://arxiv.org/abs/2105.13290")
class Sandwich(Placement):
    """`x + norm(f(norm(x)))`; a last norm before the head."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: object, model: GPTConfig) -> None:
        super().__init__()
        self.before: Norm = NORM.build(model.norm, model.n_embd)
        self.after: Norm = NORM.build(model.norm, model.n_embd)

    def read(self, x: Tensor) -> Tensor:
        return self.before(x)

    def write(self, y: Tensor) -> Tensor:
        return self.after(y)
