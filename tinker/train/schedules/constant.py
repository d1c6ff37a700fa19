"""Linear warm-up, then a constant rate."""

from __future__ import annotations

from dataclasses import dataclass

from tinker.train.schedules._warmup import warmup
from tinker.train.slots import SCHEDULE


@SCHEDULE.variant()
class Constant:
    """The peak rate at every step after the warm-up."""

    @dataclass(frozen=True)
    class Config:
        warmup_steps: int = 100

        def __post_init__(self) -> None:
            if self.warmup_steps < 0:
                raise ValueError(f"warmup_steps: {self.warmup_steps} is below 0")

    def __init__(self, config: Config, lr: float, steps: int) -> None:
        self.config, self.lr = config, lr

    def __call__(self, step: int) -> float:
        rate = warmup(step, self.config.warmup_steps, self.lr)
        return self.lr if rate is None else rate
