"""What a driver asks of whoever shows its run."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from tinker.schedule.job import Job, Stage
from tinker.schedule.work import Task


class View(Protocol):
    """Whoever shows the run: told each event, and asked to refresh a few times a second."""

    def stage(self, grid: str, stage: Stage, done: Collection[str]) -> None:
        """A stage of that grid begins; the trials `done` have results already."""

    def started(self, job: Job, task: Task) -> None:
        """A worker has taken the trial up."""

    def finished(self, job: Job, status: str, note: str) -> None:
        """It ended as `status`.

        done, diverged: it has a result. failed. elsewhere: another driver brought its result. retry, superseded: it
        comes again. interrupted, timed: it goes on later from where it is. held: its row stands under the new code.
        """

    def note(self, text: str) -> None:
        """Something that people should know; said when it changes."""

    def refresh(self) -> None:
        """Draw, if it is time to."""
