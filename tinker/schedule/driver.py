"""Runs what is missing of some grids, and writes down what becomes of it. The only writer of results.

Its own state is worth nothing: everything that a later run must know is in the store by the time it is told. So it may
be killed at any moment, and two of it may work on one store.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tinker.errors import FAILED, UserError
from tinker.schedule.cluster import Capacity
from tinker.schedule.course import Course, GridRun, Summary, Ticket
from tinker.schedule.executor import Crashed, Ended, Event, Executor, Lost, Started
from tinker.schedule.job import Job
from tinker.schedule.missing import FilesNow, class_of
from tinker.schedule.outcomes import Told, failed, record
from tinker.schedule.request import Request, request
from tinker.schedule.retry import Cause, of_crash
from tinker.schedule.stalled import Stalls
from tinker.schedule.view import View
from tinker.schedule.work import WorkItem
from tinker.store.atomic import explained
from tinker.store.lease import Leases
from tinker.store.presence import Presence
from tinker.store.progress import forget_progress
from tinker.store.store import Store

#: Seconds that running trials get to save themselves after Ctrl-C.
GRACE = 30.0
#: Seconds between two looks at a trial that another driver works on.
ELSEWHERE = 2.0
#: So many losses of Ray with no trial begun in between are enough.
HOPELESS = 3
#: Seconds between two notes on machines that are waited for.
SAY_AGAIN = 60.0


@dataclass
class Handed:
    """A ticket in Ray's hands: since when a worker has it, and why it was killed if it was."""

    ticket: Ticket
    since: float | None = None
    killed: Cause | None = None


class Driver:
    """One run over some grids, into one store."""

    def __init__(self, store: Store, executor: Executor, presence: Presence, view: View, *, fail_fast: bool) -> None:
        self.store, self.executor, self.presence, self.view = store, executor, presence, view
        self.fail_fast = fail_fast
        self.leases = Leases(store.layout.results, presence)
        self.handed: dict[int, Handed] = {}
        self.courses: list[Course] = []
        self._number = 0
        self._charged = time.monotonic()
        self.files = FilesNow()  # as they are when an arm first runs: what is edited later must not mix with it
        self._stopped: tuple[float, str] | None = None
        self._losses = 0
        self._others: set[str] = set()
        self.stalls = Stalls()
        self._said = -SAY_AGAIN
        self._broken: UserError | None = None

    def run(self, grids: Sequence[GridRun]) -> dict[str, Summary]:
        """Works until every grid has ended: run to its end, out of its budget, or stopped.

        Raises:
            UserError: a trial does not fit the cluster, Ray does not stay up, or the store cannot be written any more.
        """
        self.courses = [Course(grid, self.store) for grid in sorted(grids, key=lambda grid: -grid.priority)]
        with self.leases, self._interruptible():
            try:
                if self._advance():
                    self.executor.begin()
                    self._work()
            finally:
                self._leave()
        if self._broken:
            raise self._broken
        return {course.run.name: course.summary for course in self.courses}

    def _work(self) -> None:
        while self._advance() or self.handed:
            self._submit()
            for event in self.executor.poll(0.2):
                self._handle(event)
            if not self._tick():
                return

    def _advance(self) -> bool:
        """Brings each grid to its next stage where the last one has ended; whether anything is left to do."""
        for course in self.courses:
            while not course.ended and not course.open and self._stopped is None:
                missing = course.advance()
                if course.stage is not None and missing is not None:
                    done = {spec.id for spec in missing.done}
                    self.view.stage(course.run.name, course.stage, done)
            course.release_training(any(h.ticket.course is course and h.ticket.task == "probation" for h in self._all))
        return any(not course.ended for course in self.courses)

    @property
    def _all(self) -> list[Handed]:
        return list(self.handed.values())

    def _submit(self) -> None:
        """Hands tickets to Ray while it has room for them, and as many again, so that no worker waits for the next."""
        capacity = self.executor.capacity
        if capacity is None or self._stopped is not None:
            return
        for course in self.courses:
            if not course.waiting:
                continue
            if self._number and self._too_small(course, capacity):
                continue
            asked = request(course.limits, capacity)
            for said in course.foresee(capacity):
                self.view.note(said)
            busy = {handed.ticket.job.spec.id for handed in self._all}
            while len(self.handed) < asked.at_once and not any(handed.ticket.alone for handed in self._all):
                refusal = course.run.purse.refusal()
                if refusal is not None:
                    course.refuse(refusal)
                    break
                if course.run.purse.full(sum(handed.ticket.course is course for handed in self._all)):
                    break
                ticket = course.take(busy, idle=not self.handed)
                if ticket is None:
                    break
                if self._is_ours(ticket):
                    busy.add(ticket.job.spec.id)
                    self._hand_over(ticket, asked, capacity)

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

    def _is_ours(self, ticket: Ticket) -> bool:
        """Whether this driver may run it now: no other has brought its result meanwhile, and none is at it."""
        spec = ticket.job.spec
        with self._storing():
            holder = self.leases.take(self.store.folder(spec, class_of(spec)))
            if holder is None:
                row = self.store.get(spec.id, class_of(spec))
                if ticket.task == "probation" or row is None or row.result is None:
                    return True
                self._tell(ticket, Told("elsewhere", "another driver has brought its result"))
                return False
            if holder.token not in self._others:
                self._others.add(holder.token)
                self.view.note(f"{holder} works on some of these trials too; they are left to it")
            ticket.course.put_back(ticket, ELSEWHERE)
        return False

    def _hand_over(self, ticket: Ticket, asked: Request, capacity: Capacity) -> None:
        spec = ticket.job.spec
        results, stop = str(self.store.layout.results.resolve()), str(self._stop_file(ticket.course))
        item = WorkItem((spec,), ticket.task, results, str(Path.cwd()), stop, (self.files.code(spec),))
        forget_progress(self.store.folder(spec, class_of(spec)))
        self._number += 1
        self.handed[self._number] = Handed(ticket)
        self.executor.submit(self._number, item, asked.resources(ticket.alone, capacity))

    def _handle(self, event: Event) -> None:
        self._charge()
        match event:
            case Started(number) if number in self.handed:
                self._started(number, self.handed[number])
            case Ended(number, outcomes) if number in self.handed:
                handed = self.handed.pop(number)
                with self._storing():
                    told = [record(self.store, handed.ticket.job.spec, handed.ticket.task, o) for o in outcomes]
                    self._tell(handed.ticket, told[0])
            case Crashed(number, words) if number in self.handed:
                handed = self.handed.pop(number)
                self._crashed(handed, handed.killed or of_crash(words))
            case Lost(cause):
                self._lost(cause)

    def _started(self, number: int, handed: Handed) -> None:
        handed.since = time.monotonic()
        self._losses = 0
        ticket = handed.ticket
        spec = ticket.job.spec
        self.stalls.watch(number, self.store.folder(spec, class_of(spec)), ticket.course.limits.stall_seconds)
        if self._stopped is not None or ticket.course.ended:
            return  # it will find the stop file, and return at once
        if ticket.task != "probation":
            with self._storing():
                self.store.begin(ticket.job.spec, class_of(ticket.job.spec), str(self.presence.holder))
        ticket.course.run.purse.began(ticket.job)
        self.view.started(ticket.job, ticket.task)

    def _crashed(self, handed: Handed, cause: Cause) -> None:
        with self._storing():
            told = Told("failed", str(cause), cause)
            if handed.ticket.task != "probation":
                told = failed(self.store, handed.ticket.job.spec, cause, "its worker was lost")
            self._tell(handed.ticket, told)

    def _lost(self, cause: str) -> None:
        """Ray is gone with all that it had in its hands; another one takes its place."""
        self._losses += 1
        if self._losses >= HOPELESS:
            raise UserError(
                f"Ray was lost {HOPELESS} times in a row before a trial had begun: {cause}; finished trials are kept, "
                "`tinker doctor` looks at the machine, and the same command goes on",
                exit_code=FAILED,
            )
        if self._stopped is None:
            self.view.note(f"Ray was lost ({cause}); starting it again")
        lost, self.handed = self._all, {}
        for handed in lost:
            if handed.since is None:
                handed.ticket.course.put_back(handed.ticket, 0.0, first=True)
                self._release(handed.ticket)
            else:
                self._crashed(handed, handed.killed or Cause("node lost", f"Ray was lost: {cause}"))
        if self._stopped is None:
            self.executor.restart()

    def _tell(self, ticket: Ticket, told: Told) -> None:
        """Settles a ticket, or queues it once more."""
        status, note, course = told.status, told.note, ticket.course
        if told.cause is not None:
            ticket.tries = ticket.tries.after(told.cause)
            ticket.alone = ticket.alone or told.cause.alone
            if ticket.tries.allows(told.cause, course.limits.retries) and course.summary.stopped is None:
                status = "retry"
                course.put_back(ticket, ticket.tries.wait)
        self._release(ticket)
        course.settle(ticket, status)
        course.run.purse.ended(ticket.job, ticket.task, status)
        self.view.finished(ticket.job, status, note)
        if told.cause is not None and told.cause.kind == "disk full":
            self._stop(f"{ticket.job.label}: {told.cause}")
        if status == "failed" and ticket.task == "probation":
            # Arms would stand under two codes, of which nobody knows if they agree.
            self._stop_grid(course, "a row of other code could not be replayed, so nothing was trained")
        elif status == "failed" and self.fail_fast:
            self._stop(f"{ticket.job.label} failed")

    def _release(self, ticket: Ticket) -> None:
        with self._storing():
            self.leases.drop(self.store.folder(ticket.job.spec, class_of(ticket.job.spec)))

    def _tick(self) -> bool:
        """Whether to go on."""
        if self._stopped is None and self.presence.asked_to_stop():
            self._stop("tinker stop")
        self._charge()
        self._end_hung()
        for course in self.courses:
            breach = None if course.ended or not course.open or self._stopped else course.run.purse.breach()
            if breach is not None:
                self._stop_grid(course, breach)
        running = any(handed.since is not None for handed in self._all)
        if self._stopped is not None and running:
            why = self._stopped[1]
            self.view.note(f"stopping ({why}): trials at work get {GRACE:.0f} s to save themselves; Ctrl-C: at once")
        self.view.refresh()
        if self._stopped is None:
            return True
        return running and time.monotonic() - self._stopped[0] < GRACE

    def _end_hung(self) -> None:
        """Kills workers that stand still; where one cannot be killed (its machine is frozen), Ray is started anew."""
        for number in self.stalls.overdue(self.handed):
            handed = self.handed[number]
            if handed.killed is not None:
                self._lost(f"the worker of {handed.ticket.job.label} stood still and could not be killed")
                return
            minutes = handed.ticket.course.limits.stall_seconds / 60
            handed.killed = Cause("time-out", f"no sign of life for {minutes:g} minutes (resources.stall_minutes)")
            self.executor.kill(number)

    def _charge(self) -> None:
        """Each grid pays for the time since the last call: its share of the workers, where several grids had any."""
        now = time.monotonic()
        seconds, self._charged = now - self._charged, now
        working = Counter(id(handed.ticket.course) for handed in self._all if handed.since is not None)
        for course in self.courses:
            if working[id(course)]:
                with self._storing():
                    course.run.purse.tick(seconds * working[id(course)] / working.total())

    def _stop(self, why: str) -> None:
        """Asks running trials to save themselves; nothing further starts."""
        if self._stopped is None:
            self._stopped = (time.monotonic(), why)
            for course in self.courses:
                self._stop_grid(course, why)

    def _stop_grid(self, course: Course, why: str) -> None:
        course.stop(why)
        path = self._stop_file(course)
        with self._storing(), explained(path, 0):
            path.touch()

    def _stop_file(self, course: Course) -> Path:
        return self.presence.stop_file.with_suffix(f".{self.courses.index(course)}.stop")

    def _leave(self) -> None:
        """Whatever Ray still has goes on from its last checkpoint next time."""
        self.executor.end()
        self._charge()
        for handed in self._all:
            job: Job = handed.ticket.job
            if handed.since is not None:
                with self._storing():
                    self.store.release(job.spec, class_of(job.spec), "interrupted")
                self._tell(handed.ticket, Told("interrupted", "did not save in time; goes on from its last checkpoint"))
            else:
                self._release(handed.ticket)
        self.handed = {}
        for course in self.courses:
            with self._storing():
                course.run.purse.save()
            self._stop_file(course).unlink(missing_ok=True)

    @contextmanager
    def _storing(self) -> Iterator[None]:
        """A store that cannot be written (a full disk, say) stops the run; what is stored stays."""
        try:
            yield
        except UserError as error:
            if self._broken is None:
                self._broken = error
                self._stop("the store cannot be written")

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM stop the run cleanly; a second one ends it at once."""

        def on_signal(number: int, frame: FrameType | None) -> None:
            if self._stopped is not None:
                raise KeyboardInterrupt
            self._stop("interrupted")

        before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
