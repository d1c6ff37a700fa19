"""Trials that run out of memory, stand still, or would take more threads than they asked for."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from tests.schedule.conftest import numbers, run, write_grid
from tests.train import tiny
from tinker.errors import OK
from tinker.schedule.cluster import Capacity
from tinker.store.store import Store
from tinker.tables.collect import collect
from tinker.tables.grids import load_grid

pytestmark = pytest.mark.xdist_group("ray")

#: Cross entropy that does something at its third call in a process, once for all trials of that kind, or (`full`) each
#: time while Ray has not given it the whole machine.
TROUBLED = """
import json, os, signal, time
from dataclasses import dataclass
from pathlib import Path
import ray, torch
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

HERE = Path(__file__).parent

@LOSS.variant()
class Beset(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        how: str = "full"

    def __init__(self, config, model):
        super().__init__(config, model)
        self.how, self.calls = config.how, 0

    def forward(self, x, targets, head):
        self.calls += 1
        if self.calls == 3 and ray.is_initialized():
            getattr(self, self.how)()
        return super().forward(x, targets, head)

    def once(self):
        try:
            (HERE / f"{self.how}.once").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def full(self):
        given = ray.get_runtime_context().get_assigned_resources()["CPU"]
        if given < ray.cluster_resources()["CPU"]:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 7.00 GiB")

    def sleeps(self):
        if self.once():
            time.sleep(3600)

    def stops(self):
        if self.once():
            os.kill(os.getpid(), signal.SIGSTOP)

    def counts(self):
        threads = {"omp": os.environ.get("OMP_NUM_THREADS"), "torch": torch.get_num_threads()}
        blas = os.environ.get("OPENBLAS_NUM_THREADS")
        compile = os.environ.get("TORCHINDUCTOR_COMPILE_THREADS")
        (HERE / f"threads-{os.getpid()}.json").write_text(json.dumps({**threads, "blas": blas, "compile": compile}))
"""


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory, ray_up: Capacity) -> SimpleNamespace:
    """A grid with arms in trouble: exit code, words, rows by arm, folder."""
    folder = tmp_path_factory.mktemp("troubled")
    tiny.plugin(folder, "beset", TROUBLED)
    arms = {how: {"model.loss": {"type": "beset", "how": how}} for how in ("full", "sleeps", "stops", "counts")}
    # Long enough for a worker that has to import everything first.
    keys = {"resources": {"stall_minutes": 0.25}, "retries": 1, "plugins": ["beset.py"]}
    code, said = run(write_grid(folder, arms, seeds=1, **keys), folder / "results")
    grid = load_grid(folder / "results", "g")
    arm_of = {cell["trial_id"]: cell["arm"] for cell in grid["cells"]}
    stored = {arm_of[row.trial_id]: row for row in Store(folder / "results").rows()}
    table = {row["arm"]: row for row in collect(folder / "results", grid).trials.to_pylist()}
    return SimpleNamespace(code=code, said=said, stored=stored, folder=folder, table=table)


def test_whatever_the_trouble_all_trials_end_as_the_control_does(troubled: SimpleNamespace) -> None:
    assert troubled.code == OK, troubled.said
    assert len(troubled.stored) == 5
    for row in troubled.stored.values():
        assert numbers(row) == numbers(troubled.stored["base"])


def _causes(troubled: SimpleNamespace, arm: str) -> list[tuple[int, str]]:
    status = troubled.stored[arm].status
    return [(cause["attempt"], cause["kind"]) for cause in status.causes]


def test_what_ran_out_of_memory_is_tried_again_alone(troubled: SimpleNamespace) -> None:
    assert _causes(troubled, "full") == [(1, "out of memory")]
    assert troubled.stored["full"].status.attempts == 2
    assert re.search(r"full seed 1: retry .*out of memory", troubled.said)


@pytest.mark.parametrize("arm", ["sleeps", "stops"])
def test_what_stands_still_is_killed_and_tried_again(troubled: SimpleNamespace, arm: str) -> None:
    assert _causes(troubled, arm) == [(1, "time-out")]
    assert "resources.stall_minutes" in troubled.stored[arm].status.causes[0]["cause"]


def test_the_table_has_the_causes_of_a_trial_that_ended_well(troubled: SimpleNamespace) -> None:
    [cause] = troubled.table["full"]["causes"]
    assert cause.startswith("out of memory: ")
    assert (troubled.table["full"]["status"], troubled.table["full"]["cause"]) == ("done", None)
    assert troubled.table["counts"]["causes"] is None


def test_a_worker_has_the_threads_that_its_trial_asked_for(troubled: SimpleNamespace) -> None:
    [found] = [json.loads(path.read_text()) for path in troubled.folder.glob("threads-*.json")]
    assert found == {"omp": "1", "torch": 1, "blas": "1", "compile": "1"}
