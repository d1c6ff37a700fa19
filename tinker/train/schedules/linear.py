"""Linear warm-up, then a straight line from the peak rate down to `min_lr` at the last step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tinker.config.limits import Limits
from tinker.train.schedules._warmup import decay_progress, warmup
from tinker.train.slots import SCHEDULE


@SCHEDULE.variant(paper="https://arxiv.org/abs/2502.15938")
class Linear:
    """The decay spans the steps after the warm-up; `min_lr` would be reached at step `steps`, one past the last."""

    @dataclass(frozen=True)
    class Config:
        warmup_steps: Annotated[int, Limits(at_least=0)] = 100
        min_lr: Annotated[float, Limits(at_least=0)] = 1e-4

    def __init__(self, config: Config, lr: float, steps: int) -> None:
        self.config, self.lr, self.steps = config, lr, steps

    def __call__(self, step: int) -> float:
        rate = warmup(step, self.config.warmup_steps, self.lr)
        if rate is not None:
            return rate
        progress = decay_progress(step, self.config.warmup_steps, self.steps)
        floor = self.config.min_lr
        return floor + (1.0 - progress) * (self.lr - floor)
