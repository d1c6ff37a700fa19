"""No gate."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import GATE


@GATE.variant()
class NoGate(nn.Module):
    """All that the heads have read passes."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config, model: GPTConfig, heads: int, width: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return y
