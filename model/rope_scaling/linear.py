"""Position interpolation: all angles are divided by one factor."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from model.config import GPTConfig
from model.rope_scaling.none import NoScaling
from model.slots import ROPE_SCALING


@ROPE_SCALING.variant(paper="https://arxiv.org/abs/2306.15595")
class Linear(NoScaling):
    """Place t turns as place `t / factor` did."""

    @dataclass(frozen=True)
    class Config:
        """factor: how many times as far the model is to read."""

        factor: float = 2.0

        def check(self, model: GPTConfig, key: str) -> None:
            check_factor(self.factor, key)

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.factor = config.factor

    def scale(self, frequency: Tensor, theta: float) -> Tensor:
        return frequency / self.factor


def check_factor(factor: float, key: str) -> None:
    """
    Raises:
        ValueError: a factor that would make the model read less far.
    """
    if not factor >= 1:
        raise ValueError(f"{key}.factor: {factor} does not reach further; allowed: 1 or more")
