"""The view of a run for whoever watches: a terminal, a pipe; and what is told to other terminals."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import Any

from rich.console import Console

from tinker.schedule.job import Job, Stage
from tinker.schedule.live.board import Board
from tinker.schedule.live.lines import Lines
from tinker.schedule.live.said import said
from tinker.schedule.live.screen import Screen
from tinker.schedule.live.shown import Shown
from tinker.schedule.live.source import Source
from tinker.schedule.work import Task

#: Seconds between two reports to others.
TELL_EVERY = 5.0


class Watched:
    """A `View`.

    Args:
        grids: what is shown of each, by name.
        say: told every few seconds what other terminals may know.
    """

    def __init__(
        self,
        console: Console,
        source: Source,
        grids: Mapping[str, Shown] | None = None,
        say: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self.board = Board(source, grids or {})
        self.shown: Screen | Lines = (Screen if drawable(console) else Lines)(console, self.board)
        self._tell_others = say
        self._told = float("-inf")

    def close(self) -> None:
        """The last that is seen of it."""
        self.shown.close()

    def stage(self, grid: str, stage: Stage, done: Collection[str]) -> None:
        self.shown.stage(grid, stage, done)
        self._told = float("-inf")

    def started(self, job: Job, task: Task) -> None:
        self.shown.started(job, task)

    def finished(self, job: Job, status: str, note: str) -> None:
        self.shown.finished(job, status, note)

    def note(self, text: str) -> None:
        self.shown.note(text)

    def refresh(self) -> None:
        self.shown.refresh()
        now = self.board.clock()
        if self._tell_others is not None and now - self._told >= TELL_EVERY:
            self._told = now
            self._tell_others(said(self.board))


def drawable(console: Console) -> bool:
    """Whether a picture can be drawn over and over there: not in a pipe, a CI's log, or a terminal without a cursor."""
    is_tty = bool(getattr(console.file, "isatty", bool)())
    return is_tty and console.is_terminal and not console.is_dumb_terminal and not os.environ.get("CI")
