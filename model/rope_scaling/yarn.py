"""YaRN: fast pairs keep their angles, slow ones are interpolated, and scores get a temperature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from model.config import GPTConfig
from model.rope_scaling.linear import check_factor
from model.rope_scaling.none import NoScaling
from model.slots import ROPE_SCALING


@ROPE_SCALING.variant(paper="https://arxiv.org/abs/2309.00071")
class Yarn(NoScaling):
    """NTK-by-parts (section 3.2) with attention temperature (section 3.4).

    A pair that turned `beta_fast` times or more over the original context is left alone, one that turned `beta_slow`
    times or less is divided by the factor, and between them goes a ramp. As in the authors' code and `transformers`,
    the ramp is straight over the index of the pair, between whole indices. As there, the temperature multiplies what is
    rotated: where that is a part of each head (`fraction`, mla), the rest of a score has no temperature.
    """

    @dataclass(frozen=True)
    class Config:
        """Which pairs are interpolated, and how much.

        factor: how many times as far the model is to read; original_context: how far it could, in tokens; beta_fast,
        beta_slow: turns over the original context; temperature: by which queries and keys are multiplied each, null is
        `0.1 ln(factor) + 1`.
        """

        factor: float = 4.0
        original_context: int = 2048
        beta_fast: float = 32.0
        beta_slow: float = 1.0
        temperature: float | None = None

        def check(self, model: GPTConfig, key: str) -> None:
            check_factor(self.factor, key)
            if self.original_context < 1:
                raise ValueError(f"{key}.original_context: {self.original_context} is too small; allowed: 1 or more")
            if not 0 < self.beta_slow < self.beta_fast:
                raise ValueError(
                    f"{key}.beta_slow: {self.beta_slow} does not lie between 0 and beta_fast {self.beta_fast}"
                )
            if self.temperature is not None and not self.temperature > 0:
                raise ValueError(f"{key}.temperature: {self.temperature} is not above 0")

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.config = config
        derived = 0.1 * math.log(config.factor) + 1
        self.temperature = derived if config.temperature is None else config.temperature

    def scale(self, frequency: Tensor, theta: float) -> Tensor:
        pairs = len(frequency)
        first = max(math.floor(self._pair(self.config.beta_fast, pairs, theta)), 0)
        last = min(math.ceil(self._pair(self.config.beta_slow, pairs, theta)), 2 * pairs - 1)
        index = torch.arange(pairs, dtype=frequency.dtype)
        slow = ((index - first) / max(last - first, 1e-3)).clamp(0, 1)  # 0: kept, 1: interpolated
        return frequency * (1 - slow) + frequency / self.config.factor * slow

    def _pair(self, turns: float, pairs: int, theta: float) -> float:
        """The index, between pairs, at which a pair turns so often over the original context."""
        return pairs * math.log(self.config.original_context / (2 * math.pi * turns)) / math.log(theta)
