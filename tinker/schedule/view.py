"""What a driver asks of whoever shows its run."""

from __future__ import annotations

from typing import Protocol

from tinker.schedule.work import Task
from tinker.spec import TrialSpec


class View(Protocol):
    """Whoever shows the run: told each event, and asked to refresh a few times a second."""

    def started(self, spec: TrialSpec, task: Task) -> None:
        """A worker has taken the trial up."""

    def finished(self, spec: TrialSpec, status: str, note: str) -> None:
        """The trial ended as `status` (done, diverged, failed, retry, interrupted, held, superseded)."""

    def refresh(self) -> None:
        """Draw, if it is time to."""
