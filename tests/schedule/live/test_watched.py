"""A picture in a terminal, lines elsewhere; what is drawn costs little, and the terminal is left as it was."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
from collections.abc import Iterator
from typing import Any, TextIO

import pytest
from rich.console import Console

from tests.schedule.live.made_up import Run, job
from tinker.schedule.job import Stage
from tinker.schedule.live import screen
from tinker.schedule.live.lines import Lines
from tinker.schedule.live.screen import Screen
from tinker.schedule.live.source import Lone
from tinker.schedule.live.watched import Watched, drawable

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Terminal:
    """A pseudo-terminal of 60 columns and 24 lines."""

    def __init__(self) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        os.set_blocking(self.ours, False)
        self.file: TextIO = os.fdopen(theirs, "w", encoding="utf-8")
        self._seen = b""

    @property
    def text(self) -> str:
        """All that came through so far."""
        self.file.flush()
        while True:
            try:
                self._seen += os.read(self.ours, 65536)
            except (BlockingIOError, OSError):
                return self._seen.decode()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    made = Terminal()
    yield made
    made.file.close()
    os.close(made.ours)


def _console(terminal: Terminal) -> Console:
    return Console(file=terminal.file)


def test_a_terminal_gets_a_picture_that_stays_and_its_cursor_back(terminal: Terminal) -> None:
    run = Run(2, 2)
    view = Watched(_console(terminal), run.source, {"g": run.shown})
    assert terminal.text == "", "what goes wrong before anything runs finds the terminal as it was"
    view.stage("g", run.stage, ())
    view.started(job("base", 1), "train")
    view.refresh()
    assert HIDE in terminal.text
    run.knows("base", 1, 2.0)
    view.finished(job("base", 1), "done", "")
    view.started(job("base", 2), "train")
    view.finished(job("base", 2), "failed", "out of memory")
    view.close()
    last = terminal.text[terminal.text.rindex("\x1b[2K") :]
    assert "1 of 4 done, 1 failed" in last
    assert "base seed 2: failed in 0.0 s, out of memory" in terminal.text
    assert terminal.text.rindex(SHOW) > terminal.text.rindex(HIDE)


def test_a_view_that_never_drew_leaves_nothing(terminal: Terminal) -> None:
    Watched(_console(terminal), Run().source).close()
    assert terminal.text == ""


def test_no_colour_where_none_is_wanted(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    run = Run(2, 2)
    view = Watched(_console(terminal), run.source, {"g": run.shown})
    view.stage("g", run.stage, ())
    view.refresh()
    view.close()
    assert "\x1b[32m" not in terminal.text
    assert "0 of 4 done" in terminal.text


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"CI": "true"}])
def test_terminals_that_cannot_be_drawn_on_get_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert not drawable(_console(terminal))
    assert isinstance(Watched(_console(terminal), Run().source).shown, Lines)


def test_a_pipe_gets_lines_even_where_colours_are_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not drawable(Console(file=io.StringIO()))


def test_the_larger_the_grid_the_rarer_it_is_drawn(monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    clock, work, drawn = [0.0], [0.0], []
    monkeypatch.setattr(screen.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(screen.time, "thread_time", lambda: work[0])
    view = Screen(_console(terminal), Run().board)

    def draw() -> None:
        work[0] += 0.02  # seconds that one picture takes
        drawn.append(clock[0])

    monkeypatch.setattr(view, "_draw", draw)
    for tick in range(1000):
        clock[0] = tick / 50
        view.refresh()
    assert sum(0.02 for _ in drawn) <= 0.01 * clock[0] + 0.02
    assert len(drawn) == 10


def test_one_trial_of_its_own_is_a_bar(terminal: Terminal) -> None:
    far = [0.0]
    view = Watched(_console(terminal), Lone(lambda: far[0]))
    trial = job("base", 1)
    view.stage("", Stage("comparing", (trial,)), ())
    view.started(trial, "probation")
    far[0] = 0.5
    view.refresh()
    view.finished(trial, "done", "val_loss 2")
    view.close()
    assert "base seed 1 (probation) " in terminal.text
    assert " 50%" in terminal.text
    assert "base seed 1: done in 0.0 s, val_loss 2" in terminal.text


def test_others_are_told_when_a_stage_begins_and_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    run, told = Run(2, 2), []

    def say(what: Any) -> None:
        told.append(what["grids"][0]["counts"])

    view = Watched(Console(file=io.StringIO()), run.source, {"g": run.shown}, say)
    view.board.clock = lambda: run.now[0]
    view.stage("g", run.stage, ())
    for _ in range(50):
        run.now[0] += 0.2
        view.refresh()
    assert len(told) == 2
    assert told[0] == {"waiting": 4}
