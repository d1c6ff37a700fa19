"""Which trials Ray has in its hands, and which it gets next."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinker.schedule.cluster import Capacity
from tinker.schedule.course import Course, Ticket
from tinker.schedule.executor import Executor
from tinker.schedule.missing import FilesNow, class_of
from tinker.schedule.outcomes import Told
from tinker.schedule.request import Request, request
from tinker.schedule.retry import Cause
from tinker.schedule.stopping import Stopping
from tinker.schedule.view import View
from tinker.schedule.work import WorkItem
from tinker.store.layout import TrialFolder
from tinker.store.lease import Leases
from tinker.store.progress import forget_progress
from tinker.store.store import Store
from tinker.store.verdicts import accepted

#: Seconds between two looks at a trial that another driver works on.
ELSEWHERE = 2.0
#: Seconds between two notes on machines that are waited for.
SAY_AGAIN = 60.0
#: One executor may serve run after run, and say late what became of an item of the one before.
_NUMBERS = itertools.count(1)


@dataclass
class Handed:
    """Tickets in Ray's hands as one item: since when a worker has it, and why it was killed if it was.

    Several are seeds of one arm, so the first speaks for all in what they have in common.
    """

    tickets: list[Ticket]
    since: float | None = None
    killed: Cause | None = None

    @property
    def ticket(self) -> Ticket:
        """The first of them."""
        return self.tickets[0]


class Handover:
    """Tickets on their way to Ray. A trial is leased before it goes, and given up when it has ended.

    Attributes:
        handed: what Ray has, by the number under which it went.
    """

    def __init__(self, store: Store, executor: Executor, leases: Leases, stopping: Stopping, view: View) -> None:
        self.store, self.executor, self.leases, self.stopping, self.view = store, executor, leases, stopping, view
        self.handed: dict[int, Handed] = {}
        self._files = FilesNow()  # as they are when an arm first runs: what is edited later must not mix with it
        self._fitted = False
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

    def fill(self, courses: Sequence[Course]) -> list[tuple[Ticket, Told]]:
        """Hands tickets to Ray while it has room for them, and as many again, so that no worker waits for the next.

        Returns:
            Tickets of which another driver, or another grid of this run, has found out meanwhile what became of them.

        Raises:
            UserError: a trial of one of the grids does not fit the cluster; said before anything of any grid runs.
        """
        capacity = self.executor.capacity
        brought: list[tuple[Ticket, Told]] = []
        if capacity is None or self.stopping.heed():
            return brought
        if not self._fitted:
            for course in courses:
                if not course.ended:
                    request(course.limits, capacity)
            self._fitted = True
        for place, course in enumerate(courses):
            if not course.waiting or self._too_small(course, capacity):
                continue
            asked = request(course.limits, capacity)
            for said in course.foresee(capacity):
                self.view.note(said)
            busy = {ticket.job.spec.id for handed in self.all for ticket in handed.tickets}
            while self._has_room(courses[: place + 1], asked):
                ticket = course.take(busy, idle=not self.handed)
                if ticket is None:
                    break
                if self._is_ours(ticket, brought):
                    together = [ticket, *self._mates(ticket, busy | {ticket.job.spec.id}, brought)]
                    busy |= {one.job.spec.id for one in together}
                    self._hand_over(together, asked, capacity)
            if course.wants_a_machine:
                break  # or else trials of other grids would keep every machine from being empty
        return brought

    def _mates(self, ticket: Ticket, busy: set[str], brought: list[tuple[Ticket, Told]]) -> list[Ticket]:
        """Those that go with it: no more than its grid may still spend on."""
        course, found = ticket.course, list[Ticket]()
        for mate in course.mates(ticket, busy):
            if course.run.purse.full(self._in_hand(course) + 1 + len(found)):
                course.put_back(mate, 0.0, first=True)
                break
            if self._is_ours(mate, brought):
                found.append(mate)
        return found

    def _in_hand(self, course: Course) -> int:
        """Trials of a grid that Ray has."""
        return sum(len(handed.tickets) for handed in self.handed.values() if handed.ticket.course is course)

    def _has_room(self, upto: Sequence[Course], asked: Request) -> bool:
        """Whether the last of these grids may hand over one more; those of less priority do not count."""
        course = upto[-1]
        if sum(handed.ticket.course in upto for handed in self.handed.values()) >= asked.at_once:
            return False
        if any(handed.ticket.alone for handed in self.handed.values()):
            return False
        refusal = course.run.purse.refusal()
        if refusal is not None:
            course.refuse(refusal)
            return False
        return not course.run.purse.full(self._in_hand(course))

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

    def _is_ours(self, ticket: Ticket, brought: list[tuple[Ticket, Told]]) -> bool:
        """Whether this driver may run it now: no other is at it, and there is something left to do."""
        with self.stopping.storing():
            holder = self.leases.take(self.folder(ticket))
            if holder is None:
                told = self._settled(ticket)
                if told is None:
                    forget_progress(self.folder(ticket))
                    return True
                brought.append((ticket, told))
                return False
            if holder.token not in self._others:
                self._others.add(holder.token)
                self.view.note(f"{holder} works on some of these trials too; they are left to it")
            ticket.course.put_back(ticket, ELSEWHERE)
        return False

    def _settled(self, ticket: Ticket) -> Told | None:
        """What became of it since its stage began; a trial may be wanted by several grids and drivers."""
        spec = ticket.job.spec
        row = self.store.get(spec.id, class_of(spec))
        if row is None or row.result is None:
            gone = ticket.task == "probation"
            return Told("superseded", "its row did not hold, as was found elsewhere") if gone else None
        if ticket.task != "probation":
            return Told("elsewhere", "another driver or grid has brought its result")
        if self._files.code(spec) in {row.code_fingerprint, *accepted(row.folder)}:
            return Told("elsewhere", "another driver or grid has found that its row holds")
        return None

    def _hand_over(self, tickets: list[Ticket], asked: Request, capacity: Capacity) -> None:
        ticket, specs = tickets[0], tuple(each.job.spec for each in tickets)
        results, stop = str(self.store.layout.results.resolve()), str(self.stopping.file(ticket.course))
        code = tuple(self._files.code(spec) for spec in specs)
        number = next(_NUMBERS)
        self.handed[number] = Handed(tickets)
        item = WorkItem(specs, ticket.task, results, str(Path.cwd()), stop, code)
        self.executor.submit(number, item, asked.resources(ticket.alone, capacity), ticket.course.run.name, asked.width)
