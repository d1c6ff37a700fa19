"""`kill -9` of the driver, ten times over one grid: each trial is recorded once, and equal to an undisturbed one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import tinker
from tests.schedule.conftest import numbers, rows, run, untouched, write_grid
from tests.train import tiny
from tinker.errors import OK
from tinker.schedule.cluster import Capacity
from tinker.store.record import FINISHED
from tinker.store.store import Store

pytestmark = pytest.mark.xdist_group("ray")

KILLS = 10
ARMS = {"linear": {"model.attention": "linear"}, "rotary": {"model.position": "rotary"}}

#: Cross entropy that takes its time: however fast the machine, the grid lasts longer than the drivers that are killed.
SLOW = """
import time
from dataclasses import dataclass
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

@LOSS.variant()
class Slow(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        seconds: float = 0.008

    def __init__(self, config, model):
        super().__init__(config, model)
        self.seconds = config.seconds

    def forward(self, x, targets, head):
        time.sleep(self.seconds)
        return super().forward(x, targets, head)
"""

#: Has imported everything, and starts a driver in a fork of its own for each line that it reads: a driver of a second
#: instead of one of fifteen. Answers with the driver's process id, and with its exit code once it has ended.
NURSERY = """
import json, os, sys
from pathlib import Path
from rich.console import Console
import tinker.schedule.pool
import torch._dynamo  # the check of the arms constructs optimizers
from tinker.schedule.grid_run import run_grid
for line in sys.stdin:
    grid, results = json.loads(line)
    driver = os.fork()
    if driver == 0:
        os.setsid()
        console = Console(file=open(results + ".log", "a"), width=200)
        os._exit(run_grid(grid, [], Path(results), console))
    print(driver, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(driver, 0)[1]), flush=True)
"""


class Nursery:
    """Starts drivers."""

    def __init__(self) -> None:
        self.driver: psutil.Process | None = None
        environment = {**os.environ, "PYTHONPATH": str(Path(tinker.__file__).parents[1])}
        self.process = subprocess.Popen(
            [sys.executable, "-c", NURSERY], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, grid: Path, results: Path) -> psutil.Process:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{json.dumps([str(grid), str(results)])}\n")
        self.process.stdin.flush()
        self.driver = psutil.Process(int(self._read()))
        return self.driver

    def exit_code(self) -> int:
        """Of the driver started last; waits for it."""
        return int(self._read())

    def close(self) -> None:
        if self.driver and self.driver.is_running():  # the test has failed
            self.driver.kill()
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def _attempts(results: Path) -> int:
    return sum(row.status.attempts for row in Store(results).rows())


def _kill(driver: psutil.Process, results: Path, after: float) -> list[psutil.Process]:
    """Kills the driver that many seconds after it has begun a trial; returns what it had started."""
    begun, end = _attempts(results), time.monotonic() + 90
    while _attempts(results) == begun:
        assert time.monotonic() < end, "no trial began"
        time.sleep(0.05)
    time.sleep(after)
    started = driver.children(recursive=True)
    driver.send_signal(signal.SIGKILL)
    return started


@pytest.mark.timeout(900)
def test_a_grid_survives_ten_deaths_of_its_driver(tmp_path: Path, ray_up: Capacity) -> None:
    # Saved every 50 ms or so, so that a kill falls into saving too.
    base = {"train.steps": 300, "train.eval_every": 50, "checkpoint.minutes": 0.001, "model.loss": "slow"}
    tiny.plugin(tmp_path, "slow", SLOW)
    grid = write_grid(tmp_path, ARMS, seeds=4, base=base, plugins=["slow.py"])
    results = tmp_path / "results"
    moments = random.Random(1)
    finished: dict[str, tuple[bytes, int]] = {}
    in_the_middle = 0
    nursery, orphans = Nursery(), []
    try:
        for _ in range(KILLS):
            driver = nursery.start(grid, results)
            orphans += _kill(driver, results, after=moments.uniform(0.0, 1.6))
            assert nursery.exit_code() == -signal.SIGKILL, (tmp_path / "results.log").read_text()
            now = untouched(results)
            assert finished.items() <= now.items(), "a finished row was touched"
            finished = now
            states = [row.status.state for row in Store(results).rows()]
            in_the_middle += any(state not in FINISHED for state in states)
        nursery.start(grid, results)
        assert nursery.exit_code() == OK, (tmp_path / "results.log").read_text()
    finally:
        nursery.close()
        _, left = psutil.wait_procs(orphans, timeout=30)
        for process in left:
            process.kill()
    assert in_the_middle >= KILLS / 2, "the kills came too late to disturb anything"
    assert not left, "what a killed driver had started must end by itself"
    assert finished.items() <= untouched(results).items()

    stored = rows(results)
    assert len(stored) == 12
    assert len(list(results.glob("trials/*/*/result.json"))) == 12
    assert all(len(list(row.folder.path.glob("curve.*"))) == 1 for row in stored.values())
    assert Store(results).heal() == []
    code, said = run(grid, results)
    assert (code, "12 done, 0 to run" in said) == (OK, True)

    assert run(grid, tmp_path / "undisturbed")[0] == OK
    undisturbed = rows(tmp_path / "undisturbed")
    assert {trial: numbers(row) for trial, row in stored.items()} == {t: numbers(r) for t, r in undisturbed.items()}
