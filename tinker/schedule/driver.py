"""Runs what is missing of some grids, and writes down what becomes of it. The only writer of results.

Its own state is worth nothing: everything that a later run must know is in the store by the time it is told. So it may
be killed at any moment, and two of it may work on one store.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from tinker.errors import FAILED, UserError
from tinker.schedule.course import Course, GridRun, Summary, Ticket
from tinker.schedule.events import Crashed, Ended, Event, Lost, Started
from tinker.schedule.executor import Executor
from tinker.schedule.handover import Handed, Handover
from tinker.schedule.missing import class_of
from tinker.schedule.outcomes import Told, failed, record
from tinker.schedule.retry import Cause, of_crash
from tinker.schedule.stalled import Stalls
from tinker.schedule.stopping import GRACE, Stopping
from tinker.schedule.view import View
from tinker.store.lease import Leases
from tinker.store.presence import Presence
from tinker.store.store import Store

#: So many losses of Ray with no trial begun in between are enough.
HOPELESS = 3


class Driver:
    """One run over some grids, into one store. Used once."""

    def __init__(self, store: Store, executor: Executor, presence: Presence, view: View, *, fail_fast: bool) -> None:
        self.store, self.executor, self.presence, self.view = store, executor, presence, view
        self.fail_fast = fail_fast
        self.courses: list[Course] = []
        self.leases = Leases(store.layout.results, presence)
        self.stopping = Stopping(presence, self.courses)
        self.hands = Handover(store, executor, self.leases, self.stopping, view)
        self.stalls = Stalls()
        self._charged = time.monotonic()
        self._losses = 0

    def run(self, grids: Sequence[GridRun]) -> dict[str, Summary]:
        """Works until every grid has ended: run to its end, out of its budget, or stopped.

        Raises:
            UserError: a trial does not fit the cluster, Ray does not stay up, or the store cannot be written any more.
        """
        self.courses += [Course(grid, self.store) for grid in sorted(grids, key=lambda grid: -grid.priority)]
        with self.leases, self.stopping.by_signals():
            try:
                if self._advance():
                    self.executor.begin()
                    self._work()
            finally:
                self._leave()
        if self.stopping.broken:
            raise self.stopping.broken
        return {course.run.name: course.summary for course in self.courses}

    def _work(self) -> None:
        while self._advance() or self.hands.handed:
            for ticket, told in self.hands.fill(self.courses):
                self._tell(ticket, told)
            for event in self.executor.poll(0.2):
                self._handle(event)
            if not self._tick():
                return

    def _advance(self) -> bool:
        """Brings each grid to its next stage where the last one has ended; whether anything is left to do."""
        for course in self.courses:
            while not course.ended and not course.open and not self.stopping.heed():
                try:
                    missing = course.advance()
                except UserError as error:
                    self._give_up(course, error)
                    break
                if course.stage is not None and missing is not None:
                    if missing.other_start:
                        self.view.note(
                            f"{len(missing.other_start)} trials started from other weights than init_from gives now; "
                            "they are trained again, and their rows set aside"
                        )
                    done = {spec.id for spec in missing.done}
                    self.view.stage(course.run.name, course.stage, done)
            course.release_training(self.hands.probing(course))
        return any(not course.ended for course in self.courses)

    def _give_up(self, course: Course, error: UserError) -> None:
        """That grid cannot go on, which is nothing to the others."""
        course.summary.error = error
        self.stopping.stop_grid(course, "it cannot go on")
        if len(self.courses) > 1:
            self.view.note(f"{course.run.name}: {error}")

    def _handle(self, event: Event) -> None:
        self._charge()
        match event:
            case Started(number) if number in self.hands.handed:
                self._started(number, self.hands.handed[number])
            case Ended(number, outcomes) if number in self.hands.handed:
                handed = self.hands.handed.pop(number)
                with self.stopping.storing():
                    for ticket, outcome in zip(handed.tickets, outcomes, strict=True):
                        self._tell(ticket, record(self.store, ticket.job.spec, ticket.task, outcome))
            case Crashed(number, words) if number in self.hands.handed:
                handed = self.hands.handed.pop(number)
                self._crashed(handed, handed.killed or of_crash(words))
            case Lost(cause):
                self._lost(cause)

    def _started(self, number: int, handed: Handed) -> None:
        handed.since = time.monotonic()
        self._losses = 0
        ticket, specs = handed.ticket, [each.job.spec for each in handed.tickets]
        folders = [self.store.folder(spec, class_of(spec)) for spec in specs]
        self.stalls.watch(number, folders, ticket.course.limits.stall_seconds)
        if self.stopping.why is not None or ticket.course.ended:
            return  # it will find the stop file, and return at once
        for ticket in handed.tickets:
            if ticket.task != "probation":
                with self.stopping.storing():
                    self.store.begin(ticket.job.spec, class_of(ticket.job.spec), str(self.presence.holder))
            ticket.course.run.purse.began(ticket.job)
            self.view.started(ticket.job, ticket.task)

    def _crashed(self, handed: Handed, cause: Cause) -> None:
        for ticket in handed.tickets:
            with self.stopping.storing():
                told = Told("failed", str(cause), cause)
                if ticket.task != "probation":
                    told = failed(self.store, ticket.job.spec, cause, "its worker was lost")
                self._tell(ticket, told)

    def _lost(self, cause: str) -> None:
        """Ray is gone with all that it had in its hands; another one takes its place."""
        self._losses += 1
        if self._losses >= HOPELESS:
            raise UserError(
                f"Ray was lost {HOPELESS} times in a row before a trial had begun: {cause}; finished trials are kept, "
                "`tinker doctor` looks at the machine, and the same command goes on",
                exit_code=FAILED,
            )
        if self.stopping.why is None:
            self.view.note(f"Ray was lost ({cause}); starting it again")
        for handed in reversed(self.hands.drop_all()):  # what had not begun comes first again, in its order
            if handed.since is None:
                for ticket in reversed(handed.tickets):
                    ticket.course.put_back(ticket, 0.0, first=True)
                    self.hands.release(ticket)
            else:
                self._crashed(handed, handed.killed or Cause("node lost", f"Ray was lost: {cause}"))
        if self.stopping.why is None:
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
        self.hands.release(ticket)
        course.settle(ticket, status)
        course.run.purse.ended(ticket.job, ticket.task, status)
        self.view.finished(ticket.job, status, note)
        if told.cause is not None and told.cause.kind == "disk full":
            self.stopping.stop(f"{ticket.job.label}: {told.cause}")
        if status == "failed" and ticket.task == "probation":
            # Arms would stand under two codes, of which nobody knows if they agree.
            self.stopping.stop_grid(course, "a row of other code could not be replayed, so nothing was trained")
        elif status == "failed" and self.fail_fast:
            self.stopping.stop(f"{ticket.job.label} failed")

    def _tick(self) -> bool:
        """Whether to go on."""
        if not self.stopping.heed() and self.presence.asked_to_stop():
            self.stopping.stop("tinker stop")
        self._charge()
        self._end_hung()
        for course in self.courses:
            breach = None if course.ended or not course.open or self.stopping.why else course.run.purse.breach()
            if breach is not None:
                self.stopping.stop_grid(course, breach)
        if self.stopping.why is not None and self.hands.running:
            self.view.note(
                f"stopping ({self.stopping.why}): trials at work get {GRACE:.0f} s to save themselves; Ctrl-C: at once"
            )
        self.view.refresh()
        return self.stopping.why is None or (self.hands.running and not self.stopping.grace_over)

    def _end_hung(self) -> None:
        """Kills workers that stand still; where one cannot be killed (its machine is frozen), Ray is started anew."""
        for number in self.stalls.overdue(self.hands.handed):
            handed = self.hands.handed[number]
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
        working = Counter(id(handed.ticket.course) for handed in self.hands.all if handed.since is not None)
        for course in self.courses:
            if working[id(course)]:
                with self.stopping.storing():
                    course.run.purse.tick(seconds * working[id(course)] / working.total())

    def _leave(self) -> None:
        """Whatever Ray still has goes on from its last checkpoint next time."""
        self.executor.end()
        self._charge()
        for handed in self.hands.drop_all():
            for ticket in handed.tickets:
                if handed.since is not None:
                    with self.stopping.storing():
                        self.store.release(ticket.job.spec, class_of(ticket.job.spec), "interrupted")
                    told = Told("interrupted", "did not save in time; goes on from its last checkpoint")
                    self._tell(ticket, told)
                else:
                    self.hands.release(ticket)
        for course in self.courses:
            with self.stopping.storing():
                course.run.purse.save()
        self.stopping.clear()
