"""No positions: order is known from the causal mask alone."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import POSITION


@POSITION.variant(paper="https://arxiv.org/abs/2305.19466")
class NoPosition(nn.Module):
    """Every hook returns what it got."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: object, model: GPTConfig) -> None:
        super().__init__()

    def embed(self, x: Tensor) -> Tensor:
        return x

    def rotate(self, x: Tensor) -> Tensor:
        return x

    def bias(self, length: int) -> Tensor | None:
        return None

    def slopes(self) -> Tensor | None:
        return None
