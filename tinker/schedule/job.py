"""What a grid wants run: jobs, in stages. A stage ends when each of its jobs has; what comes next may rest on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from tinker.schedule.work import Task
from tinker.spec import TrialSpec

#: What a stage is for, as people are told.
Phase = Literal["pretraining", "pilot", "tuning", "comparing"]


@dataclass(frozen=True)
class Job:
    """A trial with its place in the grid.

    Attributes:
        arm: name of the arm; of a pretraining, a word for it.
        seed: label of its seeds.
        knobs: of a tuning trial, what is tried (`optimizer.lr=0.003`), else empty.
    """

    spec: TrialSpec
    arm: str
    seed: str
    knobs: str = ""

    @property
    def label(self) -> str:
        """How people know it: `linear seed 2`."""
        return " ".join(part for part in (self.arm, self.knobs, f"seed {self.seed}") if part)


@dataclass(frozen=True)
class Stage:
    """Jobs in the order in which they are to start. One that the store has already is done.

    Attributes:
        task: `train`, or `pilot` for a short timed piece of each, which counts as work done.
        words: what people are told of it besides its phase: `batch 2`, `look 4 of 12`.
    """

    phase: Phase
    jobs: tuple[Job, ...]
    task: Task = "train"
    words: str = ""


class Agenda(Protocol):
    """One grid, as the driver sees it."""

    def stages(self) -> Iterator[Stage]:
        """Stage after stage: the next one is asked for when every job of the one before has ended.

        By then the store has what became of each; a job that failed for good has no result there.

        Raises:
            UserError: the grid cannot go on.
        """
