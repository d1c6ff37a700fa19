"""Random faults over a small grid: nothing lost, nothing recorded twice, tables equal to those of a quiet run.

`TINKER_FAULTS` says how many, of all kinds; without it a few are enough. `make chaos` does 200 and prints what it did.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.runs import Runs
from tests.schedule.conftest import write_grid
from tests.train import tiny
from tinker.report.api import make_report
from tinker.store.store import Store
from tinker.train.result import MEASURED

#: Those that every run of the tests does.
FEW = ("kill worker", "kill raylet", "stop driver", "two drivers", "kill driver", "torn file")
ARMS = {"linear": {"model.attention": "linear"}, "rotary": {"model.position": "rotary"}}
SEEDS = 4
#: Cross entropy that takes its time, so that faults fall into training.
SLOW = """
import time
from dataclasses import dataclass
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

@LOSS.variant()
class SlowUnderFire(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        seconds: float = 0.006

    def __init__(self, config, model):
        super().__init__(config, model)
        self.seconds = config.seconds

    def forward(self, x, targets, head):
        time.sleep(self.seconds)
        return super().forward(x, targets, head)
"""
#: Saved every 50 ms or so, so that faults fall into saving too.
BASE = {"train.steps": 300, "train.eval_every": 50, "checkpoint.minutes": 0.001, "model.loss": "slow_under_fire"}
#: Columns that say when, where and how often: chance's to decide.
BY_CHANCE = {
    "attempts",
    "started",
    "finished",
    "packed",
    "cause",
    "causes",
    "warnings",
    "tokens_per_s_ratio",
    *MEASURED,
}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """A disk of its own for the results; None for whoever may not mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", place]).returncode:
        yield None
        return
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def _numbers(results: Path) -> dict[str, Any]:
    """The tables without what a clock decides, and without the order that is nobody's."""
    make_report(results, "g")
    found = {}
    for name in ("trials", "curves", "comparisons"):
        rows = pq.read_table(results / "g" / f"{name}.parquet").to_pylist()
        rows = [row for row in rows if row.get("metric") not in MEASURED]
        found[name] = [{k: repr(v) for k, v in row.items() if k not in BY_CHANCE and "second" not in k} for row in rows]
    return found


def _finished(results: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in results.glob("trials/*/*/result.json")}


@pytest.mark.timeout(6 * 3600)
def test_a_grid_survives_whatever_happens_to_it(tmp_path: Path, small_disk: Path | None) -> None:
    wanted = int(os.environ.get("TINKER_FAULTS", "0"))
    chance = random.Random(int(os.environ.get("TINKER_CHAOS_SEED", "1")))
    names = [name for name in FAULTS if name != "full disk" or small_disk is not None]
    queue = [name for _ in range(-(-wanted // len(names))) for name in chance.sample(names, len(names))][:wanted]
    queue = queue or list(FEW)
    tiny.plugin(tmp_path, "slow_under_fire", SLOW)
    grid = write_grid(tmp_path, ARMS, seeds=SEEDS, base=BASE, plugins=["slow_under_fire.py"], retries=50)
    quiet = Runs(grid, tmp_path / "quiet", tmp_path / "quiet.log")
    quiet.start()
    assert quiet.wait(600)
    assert quiet.codes == [0], quiet.log.read_text()
    undisturbed = _numbers(quiet.results)

    done: Counter[str] = Counter()
    while queue:
        place = (small_disk or tmp_path) / f"round-{sum(done.values())}"
        runs = Runs(grid, place / "results", tmp_path / "log.txt")
        place.mkdir()
        try:
            _under_fire(runs, queue, done, chance)
        finally:
            left = runs.close()
        said = runs.log.read_text()
        assert not left, "what a driver had started must end with it"
        assert "Traceback" not in said, said
        assert len(_finished(runs.results)) == len(ARMS) * SEEDS + SEEDS
        folders = {Path(path).parent for path in _finished(runs.results)}
        assert all(len(list(folder.glob("curve.*"))) == 1 for folder in folders), "one record a trial"
        assert Store(runs.results).heal() == []
        for name, table in _numbers(runs.results).items():
            for row, other in zip(table, undisturbed[name], strict=True):
                assert row == other, name
        print(f"{sum(done.values())} faults: {dict(done)}", flush=True)
        if small_disk is not None:
            subprocess.run(["rm", "-rf", place], check=True)


def _under_fire(runs: Runs, queue: list[str], done: Counter[str], chance: random.Random) -> None:
    """Faults until the grid is finished in spite of them."""
    trials = len(ARMS) * SEEDS + SEEDS
    end = time.monotonic() + 1800
    finished: dict[str, bytes] = {}
    while runs.progress() < trials or runs.living():
        assert time.monotonic() < end, f"the grid does not come to its end\n{runs.log.read_text()[-3000:]}"
        if not runs.living():
            runs.start()
        _until_at_work(runs)
        if not queue:
            runs.wait(60)
            continue
        time.sleep(chance.uniform(0.0, 3.0))
        name = queue.pop()
        done[name] += 1
        FAULTS[name](runs, chance)
        now = _finished(runs.results)
        if name != "torn file":
            assert finished.items() <= now.items(), f"{name}: a finished row was touched or lost"
        finished = now


def _until_at_work(runs: Runs) -> None:
    """Until a trial runs: what happens before that disturbs little."""
    end = time.monotonic() + 90
    while runs.living() and time.monotonic() < end:
        if runs.processes("worker") and list(runs.results.glob("trials/*/*/progress.json")):
            return
        time.sleep(0.1)
