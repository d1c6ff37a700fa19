"""No convolution."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.slots import CONV


@CONV.variant()
class NoConv(nn.Module):
    """Returns what it got."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return x
