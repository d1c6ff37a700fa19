"""What a grid may spend, and what it has spent."""

from __future__ import annotations

import time

from tinker.grid.schema import Budget
from tinker.schedule.job import Job


class GridPurse:
    """The budget of one grid."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.trials = 0
        self._began = time.monotonic()

    def refusal(self) -> str | None:
        """Why nothing further may start."""
        if self.budget.trials is not None and self.trials >= self.budget.trials:
            return f"budget.trials is used up: {self.trials}"
        return self.breach()

    def breach(self) -> str | None:
        """Why what runs must stop too."""
        if self.budget.hours is not None and time.monotonic() - self._began >= 3600 * self.budget.hours:
            return f"the grid's budget of {self.budget.hours:g} hours is used up"
        return None

    def began(self, job: Job) -> None:
        """Counts a trial."""
        self.trials += 1

    def ended(self, job: Job, status: str) -> None:
        """A try that comes again has cost no trial."""
        if status in ("retry", "interrupted", "elsewhere"):
            self.trials -= 1
