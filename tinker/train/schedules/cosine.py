"""Linear warm-up, then half a cosine from the peak rate down to `min_lr` at the last step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinker.train.schedules._warmup import decay_progress, warmup
from tinker.train.slots import SCHEDULE


@SCHEDULE.variant(paper="https://arxiv.org/abs/1608.03983")
class Cosine:
    """The decay spans the steps after the warm-up; `min_lr` would be reached at step `steps`, one past the last."""

    @dataclass(frozen=True)
    class Config:
        warmup_steps: int = 100
        min_lr: float = 1e-4

        def __post_init__(self) -> None:
            if self.warmup_steps < 0:
                raise ValueError(f"warmup_steps: {self.warmup_steps} is below 0")
            if self.min_lr < 0:
                raise ValueError(f"min_lr: {self.min_lr} is below 0")

    def __init__(self, config: Config, lr: float, steps: int) -> None:
        self.config, self.lr, self.steps = config, lr, steps

    def __call__(self, step: int) -> float:
        rate = warmup(step, self.config.warmup_steps, self.lr)
        if rate is not None:
            return rate
        progress = decay_progress(step, self.config.warmup_steps, self.steps)
        floor = self.config.min_lr
        return floor + 0.5 * (1.0 + math.cos(math.pi * progress)) * (self.lr - floor)
