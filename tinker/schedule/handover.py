"""Which trials Ray has in its hands, and which it gets next."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinker.schedule.cluster import Capacity
from tinker.schedule.course import Course, Ticket
from tinker.schedule.executor import Executor
from tinker.schedule.missing import FilesNow, class_of
from tinker.schedule.request import Request, request
from tinker.schedule.retry import Cause
from tinker.schedule.stopping import Stopping
from tinker.schedule.view import View
from tinker.schedule.work import WorkItem
from tinker.store.layout import TrialFolder
from tinker.store.lease import Leases
from tinker.store.progress import forget_progress
from tinker.store.store import Store

#: Seconds between two looks at a trial that another driver works on.
ELSEWHERE = 2.0
#: Seconds between two notes on machines that are waited for.
SAY_AGAIN = 60.0


@dataclass
class Handed:
    """A ticket in Ray's hands: since when a worker has it, and why it was killed if it was."""

    ticket: Ticket
    since: float | None = None
    killed: Cause | None = None


class Handover:
    """Tickets on their way to Ray. A trial is leased before it goes, and given up when it has ended.

    Attributes:
        handed: what Ray has, by the number under which it went.
    """

    def __init__(self, store: Store, executor: Executor, leases: Leases, stopping: Stopping, view: View) -> None:
        self.store, self.executor, self.leases, self.stopping, self.view = store, executor, leases, stopping, view
        self.handed: dict[int, Handed] = {}
        self._files = FilesNow()  # as they are when an arm first runs: what is edited later must not mix with it
        self._number = 0
        self._others: set[str] = set()
        self._said = -SAY_AGAIN

    @property
    def all(self) -> list[Handed]:
        """What Ray has."""
        return list(self.handed.values())

    @property
    def running(self) -> bool:
        """Whether a worker is at one of them."""
        return any(handed.since is not None for handed in self.handed.values())

    def drop_all(self) -> list[Handed]:
        """Ray has nothing any more; returns what it had."""
        had, self.handed = self.all, {}
        return had

    def probing(self, course: Course) -> bool:
        """Whether a row of that grid is being replayed."""
        return any(h.ticket.course is course and h.ticket.task == "probation" for h in self.handed.values())

    def folder(self, ticket: Ticket) -> TrialFolder:
        """Of the ticket's trial."""
        return self.store.folder(ticket.job.spec, class_of(ticket.job.spec))

    def release(self, ticket: Ticket) -> None:
        """Gives the trial up."""
        with self.stopping.storing():
            self.leases.drop(self.folder(ticket))

    def fill(self, courses: Sequence[Course]) -> list[Ticket]:
        """Hands tickets to Ray while it has room for them, and as many again, so that no worker waits for the next.

        Returns:
            Tickets that need nothing more, since another driver has brought their results.
        """
        capacity = self.executor.capacity
        brought: list[Ticket] = []
        if capacity is None or self.stopping.why is not None:
            return brought
        for course in courses:
            if not course.waiting or (self._number and self._too_small(course, capacity)):
                continue
            asked = request(course.limits, capacity)
            for said in course.foresee(capacity):
                self.view.note(said)
            busy = {handed.ticket.job.spec.id for handed in self.all}
            while self._has_room(course, asked):
                ticket = course.take(busy, idle=not self.handed)
                if ticket is None:
                    break
                if self._is_ours(ticket, brought):
                    busy.add(ticket.job.spec.id)
                    self._hand_over(ticket, asked, capacity)
        return brought

    def _has_room(self, course: Course, asked: Request) -> bool:
        if len(self.handed) >= asked.at_once or any(handed.ticket.alone for handed in self.handed.values()):
            return False
        refusal = course.run.purse.refusal()
        if refusal is not None:
            course.refuse(refusal)
            return False
        return not course.run.purse.full(sum(handed.ticket.course is course for handed in self.handed.values()))

    def _too_small(self, course: Course, capacity: Capacity) -> bool:
        """Whether no machine that is left has room for a trial, though one had before; said each minute."""
        limits, now = course.limits, time.monotonic()
        if capacity.fits(limits.cpus, limits.gpus):
            return False
        if now - self._said >= SAY_AGAIN:
            self._said = now
            self.view.note(
                f"{course.run.name}: no machine of the cluster has {limits.cpus:g} CPUs and {limits.gpus:g} GPUs for a "
                "trial any more; waiting for one"
            )
        return True

    def _is_ours(self, ticket: Ticket, brought: list[Ticket]) -> bool:
        """Whether this driver may run it now: no other is at it, and none has brought its result meanwhile."""
        with self.stopping.storing():
            holder = self.leases.take(self.folder(ticket))
            if holder is None:
                row = self.store.get(ticket.job.spec.id, class_of(ticket.job.spec))
                if ticket.task == "probation" or row is None or row.result is None:
                    return True
                brought.append(ticket)
                return False
            if holder.token not in self._others:
                self._others.add(holder.token)
                self.view.note(f"{holder} works on some of these trials too; they are left to it")
            ticket.course.put_back(ticket, ELSEWHERE)
        return False

    def _hand_over(self, ticket: Ticket, asked: Request, capacity: Capacity) -> None:
        spec, results = ticket.job.spec, str(self.store.layout.results.resolve())
        stop, code = str(self.stopping.file(ticket.course)), self._files.code(spec)
        forget_progress(self.folder(ticket))
        self._number += 1
        self.handed[self._number] = Handed(ticket)
        item = WorkItem((spec,), ticket.task, results, str(Path.cwd()), stop, (code,))
        self.executor.submit(self._number, item, asked.resources(ticket.alone, capacity))
