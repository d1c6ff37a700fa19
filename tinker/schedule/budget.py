"""What a grid may spend over all its runs, and what it has spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tinker.grid.schema import Budget
from tinker.schedule.cost import flops_per_step
from tinker.schedule.job import Job
from tinker.schedule.missing import class_of
from tinker.schedule.work import Task
from tinker.spec import TrialSpec
from tinker.store.progress import read_progress
from tinker.store.spent import Entry, Ledger, Spent, total
from tinker.store.store import Store

#: Seconds between two times that this run writes down what it has spent and reads what others have.
SAVE_EVERY = 30.0
#: Seconds between two looks at how far running trials are, where it is FLOPs that may run out.
LOOK_EVERY = 1.0
#: What can run out.
KEYS = ("hours", "usd", "flops", "trials")
#: A trial that ended so counts. One that is tried again, saved or left to another driver does not, or not yet.
COUNTS = ("done", "diverged", "failed")


class GridPurse:
    """The budget of one grid, as a run sees it. What other runs spend is read every `SAVE_EVERY` seconds."""

    def __init__(
        self, budget: Budget, results: Path, grid: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.budget, self.store, self.clock = budget, Store(results), clock
        self.ledger = Ledger(results, grid)
        self.mine = Entry(usd_per_hour=budget.usd_per_hour)
        self._others = self.ledger.others()
        self._running: dict[str, tuple[Job, float]] = {}  # with the FLOPs of the attempt, by trial
        self._saved = self._looked = clock()

    @property
    def spent(self) -> Spent:
        """By all runs, this one included."""
        return total([*self._others, self._now()], self.budget.usd_per_hour)

    def refusal(self) -> str | None:
        """Why nothing further may start."""
        return used_up(self.budget, self.spent)

    def full(self, in_hand: int) -> bool:
        """Whether nothing may start until one of so many trials that have started has ended."""
        return self.budget.trials is not None and self.spent.trials + in_hand >= self.budget.trials

    def breach(self) -> str | None:
        """Why what runs must stop too: a number of trials only says how many may run to their end."""
        return used_up(self.budget, self.spent, ("hours", "usd", "flops"))

    def began(self, job: Job) -> None:
        """A worker has taken the job up."""
        self._running[job.spec.id] = (job, 0.0)

    def tick(self, seconds: float) -> None:
        """The grid has had workers for so much wall time more, or for its share of it.

        Raises:
            UserError: what was spent cannot be written down.
        """
        self.mine.hours += seconds / 3600
        now = self.clock()
        if now - self._looked >= (LOOK_EVERY if self.budget.flops is not None else SAVE_EVERY):
            self._looked = now
            self._running = {trial: (job, self._flops(job.spec)) for trial, (job, _) in self._running.items()}
        if now - self._saved >= SAVE_EVERY:
            self.save()

    def ended(self, job: Job, task: Task, status: str) -> None:
        """A job ended, in whatever way; nothing was spent on one that no worker had taken up."""
        if self._running.pop(job.spec.id, None) is not None and task != "probation":
            self.mine.flops += self._flops(job.spec)
            self.mine.trials += status in COUNTS

    def save(self) -> None:
        """
        Raises:
            UserError: what was spent cannot be written down.
        """
        self._saved = self.clock()
        now = self._now()
        if now.hours or now.trials or now.flops:
            self.ledger.write(now)
        self._others = self.ledger.others()

    def _now(self) -> Entry:
        return replace(self.mine, flops=self.mine.flops + sum(flops for _, flops in self._running.values()))

    def _flops(self, spec: TrialSpec) -> float:
        """Of the steps that the attempt at hand has done."""
        progress = read_progress(self.store.folder(spec, class_of(spec)))
        return 0.0 if progress is None else (progress.step - progress.began) * flops_per_step(spec)


def used_up(budget: Budget, spent: Spent, keys: Sequence[str] = KEYS) -> str | None:
    """Which key of the budget nothing is left of, in words."""
    for key in keys:
        limit, used = getattr(budget, key), getattr(spent, key)
        if limit is not None and used is not None and used >= limit:
            return f"budget.{key} {limit:g} is used up"
    return None
