"""The plain residual stream: what a sublayer computes is added to what it has read."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import RESIDUAL
from model.sublayer import Sublayer


@RESIDUAL.variant(paper="https://arxiv.org/abs/1512.03385")
class Standard(nn.Module):
    """`x + attention(x)`, then `x + mlp(x)`; norms and dropout are the sublayers' own."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: object, model: GPTConfig, layer: int) -> None:
        super().__init__()

    def enter(self, x: Tensor) -> Tensor:
        return x

    def leave(self, x: Tensor) -> Tensor:
        return x

    def forward(self, x: Tensor, attention: Sublayer, mlp: Sublayer) -> Tensor:
        x = attention.settle(x + attention.update(x))
        return mlp.settle(x + mlp.update(x))
