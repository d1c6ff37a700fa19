"""Warmup-stable-decay: linear warm-up, the peak rate for most of the steps, a decay over the last ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from tinker.config.limits import Limits
from tinker.train.schedules._warmup import decay_progress, warmup
from tinker.train.slots import SCHEDULE


@SCHEDULE.variant(paper="https://arxiv.org/abs/2404.06395")
class WSD:
    """The decay spans the last `decay_fraction` of all steps, but begins no earlier than the warm-up ends.

    `min_lr` would be reached at step `steps`, one past the last. The decay is a straight line or, as in
    https://arxiv.org/abs/2405.18392, one minus the square root of its progress: steep first, flat at the end.
    """

    @dataclass(frozen=True)
    class Config:
        warmup_steps: Annotated[int, Limits(at_least=0)] = 100
        decay_fraction: Annotated[float, Limits(above=0, at_most=1)] = 0.2
        decay_shape: Literal["linear", "1-sqrt"] = "1-sqrt"
        min_lr: Annotated[float, Limits(at_least=0)] = 1e-4

    def __init__(self, config: Config, lr: float, steps: int) -> None:
        self.config, self.lr, self.steps = config, lr, steps
        self.decay_start = max(config.warmup_steps, steps - round(config.decay_fraction * steps))

    def __call__(self, step: int) -> float:
        rate = warmup(step, self.config.warmup_steps, self.lr)
        if rate is not None:
            return rate
        if step < self.decay_start:
            return self.lr
        progress = decay_progress(step, self.decay_start, self.steps)
        fallen = math.sqrt(progress) if self.config.decay_shape == "1-sqrt" else progress
        floor = self.config.min_lr
        return floor + (1.0 - fallen) * (self.lr - floor)
