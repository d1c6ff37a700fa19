"""Schedule-free AdamW: gradients at a point between a fast iterate and its running average, which is the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import schedulefree
from torch import nn

from tinker.config.limits import Limits
from tinker.errors import ConfigError
from tinker.train.optimizers._limits import Memory, NotNegative, Positive
from tinker.train.parameter_groups import grouped, trainable
from tinker.train.slots import OPTIMIZER, SCHEDULE

if TYPE_CHECKING:
    from tinker.config.schema import TrialConfig


@OPTIMIZER.variant(paper="https://arxiv.org/abs/2405.15682")
class ScheduleFree(schedulefree.AdamWScheduleFree):  # type: ignore[misc]  # untyped
    """The authors' `schedulefree.AdamWScheduleFree`, with the warm-up left to the schedule slot.

    The parameters are the training point; `eval()` makes them the average, `train()` takes that back.
    """

    @dataclass(frozen=True)
    class Config:
        lr: Positive = 2.5e-3
        betas: tuple[Annotated[float, Limits(above=0, below=1)], Memory] = (0.9, 0.99)
        eps: Positive = 1e-8
        weight_decay: NotNegative = 0.1

        def check(self, trial: TrialConfig) -> None:
            """Refuses a rate that decays: the average takes the place of decay, and it weighs a step by the highest
            rate so far, so that the steps of a decay would count as if they were full ones."""
            steps = trial.train.steps
            last = SCHEDULE.of(trial.schedule).cls(trial.schedule, self.lr, steps)(steps)
            if last < self.lr:
                raise ConfigError(
                    "schedule.type",
                    f"its rate ends at {last:g}, below optimizer.lr {self.lr:g}, but schedule_free averages instead of "
                    "decaying; choose schedule=constant, which may warm up",
                )

    def __init__(self, config: Config, model: nn.Module) -> None:
        groups = grouped(model, trainable(model), config.lr, config.weight_decay)
        super().__init__(groups, lr=config.lr, betas=config.betas, eps=config.eps)
        self.train()
