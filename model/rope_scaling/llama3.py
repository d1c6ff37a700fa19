"""Llama 3.1's scaling: as YaRN's, with a ramp over wavelengths and without a temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from model.config import GPTConfig
from model.rope_scaling.linear import check_factor
from model.rope_scaling.none import NoScaling
from model.slots import ROPE_SCALING


@ROPE_SCALING.variant(paper="https://arxiv.org/abs/2407.21783")
class Llama3(NoScaling):
    """Pairs with `high` turns or more over the original context stay, those with `low` or less are divided.

    Between them the share that stays grows with the number of turns: `(turns - low) / (high - low)`. The report has no
    formula; this is the function of the released code, as in `transformers`.
    """

    @dataclass(frozen=True)
    class Config:
        """factor: of the slow pairs; original_context: in tokens; low, high: turns over it, 0 < low < high."""

        factor: float = 8.0
        original_context: int = 8192
        low: float = 1.0
        high: float = 4.0

        def check(self, model: GPTConfig, key: str) -> None:
            check_factor(self.factor, key)
            if self.original_context < 1:
                raise ValueError(f"{key}.original_context: {self.original_context} is too small; allowed: 1 or more")
            if not 0 < self.low < self.high:
                raise ValueError(f"{key}.low: {self.low} does not lie between 0 and high {self.high}")

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.config = config

    def scale(self, frequency: Tensor, theta: float) -> Tensor:
        turns = frequency * self.config.original_context / (2 * math.pi)
        kept = ((turns - self.config.low) / (self.config.high - self.config.low)).clamp(0, 1)
        return frequency * kept + frequency / self.config.factor * (1 - kept)
