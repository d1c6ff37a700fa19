"""No value residual."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import VALUE_RESIDUAL
from model.state import ForwardState


@VALUE_RESIDUAL.variant()
class NoValueResidual(nn.Module):
    """Each layer reads its own values."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()

    def forward(self, v: Tensor, state: ForwardState) -> Tensor:
        return v
