"""Rotary angles as they are."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from model.slots import ROPE_SCALING


@ROPE_SCALING.variant()
class NoScaling:
    """Returns what it got."""

    temperature = 1.0

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: object) -> None:
        pass

    def scale(self, frequency: Tensor, theta: float) -> Tensor:
        return frequency
