"""Sandwich norm: what a sublayer reads is normed, and so is what it adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from model.config import GPTConfig
from model.norm import Norm
from model.placement import Placement, refuse_no_norm
from model.slots import NORM, NORM_PLACE


@NORM_PLACE.variant(paper="https://arxiv.org/abs/2105.13290")
class Sandwich(Placement):
    """`x + norm(f(norm(x)))`; a last norm before the head."""

    norms_update: ClassVar[bool] = True

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            refuse_no_norm(model, key)

    def __init__(self, config: object, model: GPTConfig) -> None:
        super().__init__()
        self.before: Norm = NORM.build(model.norm, model.n_embd)
        self.after: Norm = NORM.build(model.norm, model.n_embd)

    def read(self, x: Tensor) -> Tensor:
        return self.before(x)

    def write(self, y: Tensor) -> Tensor:
        return self.after(y)
