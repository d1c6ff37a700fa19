"""Parallel block: attention and MLP read the same stream, and are added at once."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from model.config import GPTConfig
from model.placement import refuse_normed_stream
from model.residual.standard import Standard
from model.slots import RESIDUAL
from model.sublayer import Sublayer


@RESIDUAL.variant(paper="https://arxiv.org/abs/2204.06745")
class Parallel(Standard):
    """`x + attention(x) + mlp(x)`, each with norms of its own."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            refuse_normed_stream(model, key, "there is one addition for the norms of two sublayers")

    def forward(self, x: Tensor, attention: Sublayer, mlp: Sublayer) -> Tensor:
        return x + attention.update(x) + mlp.update(x)
