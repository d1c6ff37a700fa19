"""How far a grid is: its stage, the trials of it that wait for a worker, and those that have not ended."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from tinker.errors import UserError
from tinker.schedule.cluster import Capacity
from tinker.schedule.job import Agenda, Job, Stage
from tinker.schedule.missing import Missing, set_aside, sort_out
from tinker.schedule.retry import Tries
from tinker.schedule.work import Task
from tinker.store.store import Store

#: How a job may end without coming again.
SETTLED = ("done", "diverged", "failed", "elsewhere", "held", "timed")


@dataclass(frozen=True)
class Limits:
    """What a grid's trials may use: each `cpus` and `gpus`, so many at once, retries after a crash.

    After `stall_seconds` without a sign of life a trial counts as hung. Up to `fused` seeds of an arm go as one.
    """

    cpus: float
    gpus: float
    concurrent: int | None
    retries: int
    stall_seconds: float = 1800.0
    fused: int = 1


class Purse(Protocol):
    """What a grid may spend, over all its runs."""

    def refusal(self) -> str | None:
        """Why nothing further may start; None while it may."""

    def full(self, in_hand: int) -> bool:
        """Whether nothing may start until one of so many trials that are in Ray's hands has ended."""

    def breach(self) -> str | None:
        """Why what runs must stop too; None while it need not."""

    def began(self, job: Job) -> None:
        """A worker has taken the job up."""

    def tick(self, seconds: float) -> None:
        """The grid has had workers for so much wall time more, or for its share of it."""

    def ended(self, job: Job, task: Task, status: str) -> None:
        """A job ended, in whatever way; one that no worker had taken up too."""

    def save(self) -> None:
        """Writes down what was spent."""


Foresee = Callable[[Stage, Capacity, Limits], Sequence[str]]


@dataclass(frozen=True)
class GridRun:
    """A grid for the driver: what it wants, what that may use and spend, and how it stands to other grids.

    `foresee` is asked once for each stage, before anything of it starts, what people should know of it. `measure` is
    asked until it knows what of a GPU a trial needs, where that is not declared; until then the limits count. The arms
    of `alone` are known to be none that can be fused.
    """

    name: str
    agenda: Agenda
    limits: Limits
    purse: Purse
    priority: int = 0
    foresee: Foresee = lambda stage, capacity, limits: ()
    measure: Callable[[], float | None] | None = None
    alone: Container[str] = ()


@dataclass
class Summary:
    """What a run did of a grid.

    Attributes:
        ended: trials by how they ended; failed are those that no later try has mended.
        stopped: why it stopped early, if it did.
        left_out: the jobs of the last stage that were not run then.
        error: why it could not go on, if that is so.
    """

    ended: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None
    left_out: list[Job] = field(default_factory=list)
    error: UserError | None = None


@dataclass
class Ticket:
    """A job that waits for a worker, or has one."""

    job: Job
    task: Task
    course: Course
    tries: Tries = field(default_factory=Tries)
    alone: bool = False
    not_before: float = 0.0  # of the monotonic clock


class Course:
    """One grid of a run, stage after stage."""

    def __init__(self, run: GridRun, store: Store) -> None:
        self.run, self.store = run, store
        self.summary = Summary()
        self.waiting: list[Ticket] = []
        self.open: dict[str, Job] = {}
        self.ended = False
        self.stage: Stage | None = None
        self._stages: Iterator[Stage] = run.agenda.stages()
        self._after_probation: list[Ticket] = []
        self._foreseen: Stage | None = None
        self._failed: set[str] = set()
        self.limits, self._measure = run.limits, run.measure
        self._weigh()

    def foresee(self, capacity: Capacity) -> Sequence[str]:
        """What people should know of the stage at hand, the first time."""
        if self.stage is None or self.stage is self._foreseen:
            return ()
        self._foreseen = self.stage
        return self.run.foresee(self.stage, capacity, self.limits)

    def advance(self) -> Missing | None:
        """Goes to the next stage if the one at hand has ended; returns what the store has and lacks of a new one.

        Raises:
            UserError: the grid cannot go on.
        """
        assert not self.ended
        assert not self.open
        self.stage = next(self._stages, None)
        if self.stage is None:
            self.ended = True
            return None
        jobs = {job.spec.id: job for job in self.stage.jobs}
        missing = sort_out((job.spec for job in jobs.values()), self.store)
        if missing.other_start:
            set_aside(missing, self.store)
        train = [Ticket(jobs[spec.id], self.stage.task, self) for spec in missing.train]
        self.waiting = [Ticket(jobs[spec.id], "probation", self) for spec in missing.probation]
        # Rows of other code first: what does not hold is trained again, and nothing new stands beside what may fall.
        self._after_probation = train if self.waiting else []
        self.waiting = self.waiting or train
        self.open = {spec.id: jobs[spec.id] for spec in missing.todo}
        return missing

    def take(self, busy: set[str], idle: bool) -> Ticket | None:
        """The next ticket whose time has come and whose trial is not `busy`; what needs a machine alone when `idle`."""
        now = time.monotonic()
        for place, ticket in enumerate(self.waiting):
            if ticket.not_before <= now and ticket.job.spec.id not in busy and (idle or not ticket.alone):
                return self.waiting.pop(place)
        return None

    def mates(self, ticket: Ticket, busy: set[str]) -> Iterator[Ticket]:
        """Tickets that can be done with this one, taken out of those that wait: its arm's other seeds, or other rates
        where it is tuned.

        Whatever has failed once is tried again alone: what is to blame may be another one.
        """
        room, now, asked = self.limits.fused - 1, time.monotonic(), ticket.job.spec
        if room == 0 or ticket.job.arm in self.run.alone or ticket.task != "train" or ticket.tries != Tries():
            return
        for one in list(self.waiting):
            spec = one.job.spec
            same = (one.job.arm, one.task, spec.program) == (ticket.job.arm, "train", asked.program)
            if room and same and one.tries == Tries() and one.not_before <= now and spec.id not in busy:
                self.waiting.remove(one)
                room -= 1
                yield one

    @property
    def wants_a_machine(self) -> bool:
        """Whether all that could start now are trials that need a machine alone."""
        now, alone = time.monotonic(), False
        for ticket in self.waiting:
            if ticket.not_before <= now:
                alone = ticket.alone
                if not alone:
                    break
        return alone

    def put_back(self, ticket: Ticket, seconds: float, *, first: bool = False) -> None:
        """The ticket waits again, for so long at least."""
        ticket.not_before = time.monotonic() + seconds
        self.waiting.insert(0 if first else len(self.waiting), ticket)

    def _weigh(self) -> None:
        gpus = self._measure() if self._measure is not None else None
        if gpus is not None:
            self.limits, self._measure = replace(self.limits, gpus=gpus), None

    def settle(self, ticket: Ticket, status: str) -> None:
        """Counts what became of a job."""
        self._weigh()
        trial = ticket.job.spec.id
        if status == "failed":
            self._failed.add(trial)
        else:
            self._failed -= {trial} if status in SETTLED and status != "timed" else set()
            self.summary.ended[status] += 1
        self.summary.ended["failed"] = len(self._failed)
        self.summary.ended = +self.summary.ended  # without what there is none of
        if status == "superseded" and self.summary.stopped is None:
            self._after_probation.append(Ticket(ticket.job, "train", self))
        elif status in SETTLED:
            self.open.pop(trial, None)

    def release_training(self, probing: bool) -> None:
        """Lets training begin once no row is on probation any more."""
        if self._after_probation and not probing and not self.waiting:
            self.waiting, self._after_probation = self._after_probation, []

    def refuse(self, why: str) -> None:
        """Nothing further of this grid starts; what has a worker runs on, and then the grid has ended."""
        left = [ticket.job for ticket in (*self.waiting, *self._after_probation)]
        self.summary.stopped = self.summary.stopped or why
        self.summary.left_out += left
        self.waiting, self._after_probation, self._stages = [], [], iter(())
        for job in left:
            self.open.pop(job.spec.id, None)

    def stop(self, why: str) -> None:
        """Nothing further of this grid starts, and what has a worker is not waited for."""
        if not self.ended:
            self.refuse(why)
        self.open, self.ended = {}, True
