"""No bound."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.slots import SOFTCAP


@SOFTCAP.variant()
class NoSoftcap(nn.Module):
    """Returns what it got."""

    cap = None

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return x
