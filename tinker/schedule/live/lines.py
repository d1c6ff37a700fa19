"""The run in a pipe: a line for each event, and sums where there would be too many. No control characters."""

from __future__ import annotations

from collections.abc import Collection

from rich.console import Console

from tinker.schedule.job import Job, Stage
from tinker.schedule.live.board import Board
from tinker.schedule.live.picture import counted, summary
from tinker.schedule.live.words import duration
from tinker.schedule.work import Task

#: Seconds after which silence is broken.
QUIET_FOR = 60.0
#: So many events are told one by one, whatever their pace; from then on at most `MOST` in each `WINDOW` of seconds.
FIRST, MOST, WINDOW = 100, 9, 10.0
#: Told whatever the pace.
LOUD = ("failed", "retry")


class Lines:
    """A `View`."""

    def __init__(self, console: Console, board: Board) -> None:
        self.console, self.board = console, board
        self._note = ""
        self._told = self._window = board.clock()
        self._first, self._in_window, self._untold = FIRST, 0, 0

    def close(self) -> None:
        """Says what has not been said of how far it came."""
        self._sum_up()

    def stage(self, grid: str, stage: Stage, done: Collection[str]) -> None:
        before = self.board.grids.get(grid)
        was = (before.phase, before.words) if before else None
        self.board.stage(grid, stage, done)
        state = self.board.grids[grid]
        if grid and (state.words or stage.phase != "comparing") and was != (state.phase, state.words):
            self._say(f"{grid}: {stage.phase}{f', {stage.words}' if stage.words else ''}")

    def started(self, job: Job, task: Task) -> None:
        self.board.started(job, task)

    def finished(self, job: Job, status: str, note: str) -> None:
        taken = self.board.finished(job, status, note)
        if status not in LOUD and not self._may_tell():
            self._untold += 1
            return
        counts = self.board.counts
        total = sum(counts.values()) - counts["not needed"]
        count = f"[{counts['done'] + counts['diverged'] + counts['failed']}/{total}]"
        left = None if status == "interrupted" else self.board.left
        self._say(
            f"{count} {job.label}: {status} in {duration(taken)}"
            + (f", {note}" if note else "")
            + (f", about {duration(left)} left" if left else "")
        )
        log = self.board.failures[-1].log if status == "failed" else None
        if log is not None:
            self._say(f"    {log}")

    def note(self, text: str) -> None:
        if text != self._note:
            self._note = text
            self._say(text)

    def refresh(self) -> None:
        self.board.look()
        now = self.board.clock()
        if now - self._window >= WINDOW:
            self._sum_up()
            self._window, self._in_window = now, 0
        if now - self._told >= QUIET_FOR:
            self._say(self._sum)

    def _may_tell(self) -> bool:
        if self._first:
            self._first -= 1
            return True
        self._in_window += 1
        return self._in_window <= MOST

    def _sum_up(self) -> None:
        if self._untold:
            self._untold = 0
            self._say(self._sum)

    @property
    def _sum(self) -> str:
        said = summary(self.board).plain
        return counted(self.board.counts) + (f", {said}" if said else "")

    def _say(self, text: str) -> None:
        self._told = self.board.clock()
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
