"""Learned absolute positions: a vector for each of the `context` places, added to the token's."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.position.none import NoPosition
from model.slots import POSITION


@POSITION.variant(paper="https://arxiv.org/abs/1705.03122")
class Learned(NoPosition):
    """One table (context, C)."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def parameters(self, model: GPTConfig) -> int:
            return model.context * model.n_embd

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__(config, model)
        self.table = nn.Embedding(model.context, model.n_embd)

    def embed(self, x: Tensor) -> Tensor:
        return x + self.table.weight[: x.shape[1]]
