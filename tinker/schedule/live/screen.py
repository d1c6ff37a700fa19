"""The run in a terminal: one picture that is drawn over and over."""

from __future__ import annotations

import time
from collections.abc import Collection

from rich.console import Console, Group
from rich.live import Live

from tinker.schedule.job import Job, Stage
from tinker.schedule.live.board import Board
from tinker.schedule.live.picture import picture
from tinker.schedule.live.words import duration
from tinker.schedule.work import Task

#: Seconds between two drawings, at least.
DRAW_EVERY = 0.5
#: Drawing takes at most this share of a core, however large the grid.
SHARE = 0.01


class Screen:
    """A `View`. What fails, and what people should know, scrolls by above the picture."""

    def __init__(self, console: Console, board: Board) -> None:
        self.console, self.board = console, board
        self._plain = not (console.encoding or "").lower().startswith("utf")
        self._note = ""
        self._next = float("-inf")
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="crop")

    def close(self) -> None:
        """Leaves the last picture, and the cursor as it was."""
        if not self._live.is_started:
            return
        try:
            if "" in self.board.grids:
                self._live.update(Group())
            else:
                self._draw()
        finally:
            self._live.stop()

    def stage(self, grid: str, stage: Stage, done: Collection[str]) -> None:
        self.board.stage(grid, stage, done)

    def started(self, job: Job, task: Task) -> None:
        self.board.started(job, task)

    def finished(self, job: Job, status: str, note: str) -> None:
        taken = self.board.finished(job, status, note)
        quiet = status in ("done", "diverged", "elsewhere", "held", "timed", "interrupted")
        if not quiet or "" in self.board.grids:
            self._say(f"{job.label}: {status} in {duration(taken)}" + (f", {note}" if note else ""))

    def note(self, text: str) -> None:
        if text != self._note:
            self._note = text
            self._say(text)

    def refresh(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        began = time.thread_time()
        self.board.look()
        self._draw()
        self._next = now + max(DRAW_EVERY, (time.thread_time() - began) / SHARE)

    def _draw(self) -> None:
        width, height = self.console.size
        if not self._live.is_started:
            self._live.start()
        # One column stays free: a terminal that breaks a full line would break the picture.
        self._live.update(Group(*picture(self.board, width - 1, height - 1, plain=self._plain)), refresh=True)

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
