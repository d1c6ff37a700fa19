"""Drivers are asked to stop, and waited for as long as there is hope."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.status.conftest import saying
from tests.status.test_overview import _as
from tinker.errors import FAILED, OK, UserError
from tinker.status.stopping import LIMIT, stop
from tinker.store.drivers import FOLDER
from tinker.store.presence import Presence


class Time:
    """Seconds that pass only while somebody sleeps, and drivers show that they live; `then` happens after so many."""

    def __init__(self, results: Path) -> None:
        self.now, self.results = 0.0, results
        self.then: list[tuple[float, ExitStack]] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for path in (self.results / FOLDER).glob("*.json"):
            os.utime(path)
        for at, stack in self.then:
            if self.now >= at:
                stack.close()


@pytest.fixture
def driver(results: Path) -> Iterator[tuple[Presence, ExitStack]]:
    """One that runs `made-up`, and whose stack ends it."""
    with ExitStack() as stack:
        presence = Presence(results)
        presence.say(saying(running=[{"trial": "a" * 16, "label": "wide seed 2", "grid": "made-up"}]))
        stack.enter_context(presence)
        yield presence, stack


def test_where_nothing_runs_all_is_well(results: Path) -> None:
    said: list[str] = []
    assert stop(results, None, said.append) == OK
    assert stop(results, "made-up", said.append) == OK
    assert said == ["nothing runs", "nobody runs made-up"]
    with pytest.raises(UserError, match="grids there are"):
        stop(results, "other", said.append)


def test_a_driver_is_asked_and_waited_for(results: Path, driver: tuple[Presence, ExitStack]) -> None:
    presence, stack = driver
    time, said = Time(results), list[str]()
    time.then.append((7.0, stack))
    assert stop(results, "made-up", said.append, clock=time.clock, sleep=time.sleep) == OK
    who = f"process {os.getpid()} on {presence.holder.host}"
    assert said == [f"{who} is asked to stop: made-up", f"{who}: saving wide seed 2", f"{who} has stopped"]


def test_nobody_needs_to_wait(results: Path, driver: tuple[Presence, ExitStack]) -> None:
    assert stop(results, None, lambda line: None, wait=False) == OK
    assert driver[0].asked_to_stop()


def test_one_that_goes_on_is_a_failure(results: Path, driver: tuple[Presence, ExitStack]) -> None:
    time, said = Time(results), list[str]()
    assert stop(results, None, said.append, clock=time.clock, sleep=time.sleep) == FAILED
    assert f"still runs after {LIMIT:.0f} s; saving wide seed 2" in said[-1]


def test_a_grid_of_another_driver_is_left_alone(results: Path, driver: tuple[Presence, ExitStack]) -> None:
    (results / "other").mkdir()
    (results / "other" / "grid.json").write_text('{"schema": 1, "name": "other"}')
    said: list[str] = []
    assert stop(results, "other", said.append) == OK
    assert said == ["nobody runs other; running are made-up"]
    assert not driver[0].asked_to_stop()


def test_one_that_is_held_is_not_waited_for(results: Path, driver: tuple[Presence, ExitStack]) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        _as(results, driver[0], pid=process.pid, born=None)
        time, said = Time(results), list[str]()
        assert stop(results, None, said.append, clock=time.clock, sleep=time.sleep) == FAILED
        assert "it will stop then" in said[-1]
        process.kill()
        process.wait()
        assert stop(results, None, said.append) == OK, "it is dead"
        assert said[-1] == "nothing runs"
    finally:
        process.kill()
        process.wait()
