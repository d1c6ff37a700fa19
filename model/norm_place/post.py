"""Post-norm, as in the first Transformer: the stream itself is normed after each addition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from model.config import GPTConfig
from model.norm import Norm
from model.placement import Placement, refuse_no_norm
from model.slots import NORM, NORM_PLACE


@NORM_PLACE.variant(paper="https://arxiv.org/abs/1706.03762")
class Post(Placement):
    """`norm(x + f(x))`; what reaches the head is normed already."""

    norms_output: ClassVar[bool] = False
    norms_stream: ClassVar[bool] = True

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            refuse_no_norm(model, key)

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__()
        self.after: Norm = NORM.build(model.norm, model.n_embd)

    def settle(self, x: Tensor) -> Tensor:
        return self.after(x)
