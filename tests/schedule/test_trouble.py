"""Trials that fail, workers that die, and runs that are interrupted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

import tinker
from tests.schedule.conftest import numbers, rows, run, write_grid
from tests.train import tiny
from tinker.errors import FAILED, INTERRUPTED, OK
from tinker.schedule.cluster import Capacity
from tinker.store.store import Store
from tinker.tables.grids import load_grid
from tinker.train.trial import run_trial

pytestmark = pytest.mark.xdist_group("ray")

#: Cross entropy that raises or kills its process when it is called for the third time: from then on, or then only. Each
#: call leaves a character in a file; the first is that of the check which `tinker run` makes.
TROUBLED = """
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

@LOSS.variant()
class Troubled(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        how: str = "die"
        once: bool = False

    def __init__(self, config, model):
        super().__init__(config, model)
        self.config = config
        self.calls = Path(__file__).with_name(f"{config.how}-{config.once}.calls")

    def forward(self, x, targets, head):
        if x.is_meta:  # the count of FLOPs is no step
            return super().forward(x, targets, head)
        with self.calls.open("a") as file:
            file.write("x")
        seen = self.calls.stat().st_size
        if seen == 3 or (seen > 3 and not self.config.once):
            if self.config.how == "raise":
                raise ArithmeticError("the plugin is broken")
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(x, targets, head)
"""


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory, ray_up: Capacity) -> SimpleNamespace:
    """A grid with arms that raise, that die once, and that die always: exit code, words, rows by arm, folder."""
    folder = tmp_path_factory.mktemp("troubled")
    tiny.plugin(folder, "troubled", TROUBLED)
    arms = {
        "raises": {"model.loss": {"type": "troubled", "how": "raise"}},
        "dies-once": {"model.loss": {"type": "troubled", "once": True}},
        "dies": {"model.loss": {"type": "troubled"}},
    }
    grid = write_grid(folder, arms, seeds=1, retries=1, plugins=["troubled.py"], base={"checkpoint.minutes": 1e-9})
    code, said = run(grid, folder / "results")
    arm_of = {cell["trial_id"]: cell["arm"] for cell in load_grid(folder / "results", "g")["cells"]}
    stored = {arm_of[row.trial_id]: row for row in Store(folder / "results").rows()}
    return SimpleNamespace(code=code, said=said, stored=stored, folder=folder)


def test_failures_are_rows_and_the_others_go_on(troubled: SimpleNamespace) -> None:
    assert troubled.code == FAILED
    states = {arm: (row.status.state, row.status.attempts) for arm, row in troubled.stored.items()}
    assert states == {"base": ("done", 1), "raises": ("failed", 1), "dies-once": ("done", 2), "dies": ("failed", 2)}


def test_a_failure_says_why(troubled: SimpleNamespace) -> None:
    raised = troubled.stored["raises"]
    assert raised.status.cause == "ArithmeticError: the plugin is broken"
    log = raised.folder.log.read_text()
    assert "Traceback" in log
    assert 'troubled.py", line' in log
    assert "raises seed 1: failed" in troubled.said
    assert "the plugin is broken" in troubled.said
    assert "2 failed" in troubled.said
    assert "failed trials are tried again by: tinker run g" in troubled.said


def test_a_lost_worker_is_tried_again_from_its_checkpoint(troubled: SimpleNamespace) -> None:
    assert re.search(r"dies-once seed 1: retry in .*\n", troubled.said)
    # One call is that of the check before the run; step 2 was begun twice, all others once.
    assert len((troubled.folder / "die-True.calls").read_text()) == 1 + 40 + 1
    assert troubled.stored["dies"].status.cause
    assert len((troubled.folder / "die-False.calls").read_text()) == 4, "the check, steps 1 and 2, then 2"


def test_a_trial_whose_worker_died_ends_as_if_it_had_not(troubled: SimpleNamespace) -> None:
    # Its loss is that of the control.
    control, arm = troubled.stored["base"], troubled.stored["dies-once"]
    assert numbers(arm) == numbers(control)


def test_a_failed_trial_is_tried_again_by_the_next_run(troubled: SimpleNamespace, ray_up: Capacity) -> None:
    (troubled.folder / "raise-False.calls").write_text("")
    (troubled.folder / "die-False.calls").write_text("")
    code, said = run(troubled.folder / "g.yaml", troubled.folder / "results", "budget.trials=5")
    assert code == FAILED
    assert "2 done, 2 to run" in said


#: `tinker run`, with Ray of its own.
RUN = "import sys; from tinker.cli.entry import main; sys.argv[0] = 'tinker'; main()"


def _wait_for(what: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(tmp_path: Path, ray_up: Capacity) -> None:
    steps = {"train.steps": 1500, "train.eval_every": 500}
    grid = write_grid(tmp_path, {"rotary": {"model.position": "rotary"}}, base=steps)
    results = tmp_path / "results"
    environment = {**os.environ, "PYTHONPATH": str(Path(tinker.__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "run", str(grid), "--results", str(results)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_for(lambda: any(results.glob("trials/*/*/progress.json")) or process.poll() is not None)
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everything that it started
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == INTERRUPTED, said
    assert "Traceback" not in said
    assert "stopped (interrupted)" in said
    assert "go on with: tinker run g" in said
    assert not list(results.rglob("*.stop"))
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, "Ray goes with the run that started it"
    interrupted = [row for row in Store(results).rows() if row.result is None]
    assert interrupted
    assert {row.status.state for row in interrupted} == {"pending"}
    saved = [row for row in interrupted if (row.folder.checkpoint / "last.ckpt").exists()]
    assert saved, "what ran has saved itself"

    code, said = run(grid, results)
    assert code == OK, said
    stored = rows(results)
    assert len(stored) == 4
    for row in saved:
        undisturbed = run_trial(row.spec, tmp_path / "undisturbed" / row.trial_id)
        curve = [point for point in stored[row.trial_id].curve().to_pylist() if point["metric"] == "val_loss"]
        assert {point["step"]: point["value"] for point in curve} == tiny.values(undisturbed, "val_loss")
        assert stored[row.trial_id].result["probes"] == undisturbed.as_dict()["probes"]
