"""Trials on several ranks in a grid: what they ask Ray for, and that they are the trials of one process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.schedule.conftest import run, write_grid
from tests.train import tiny
from tests.train.parallel.conftest import DISTURBED
from tinker.errors import FAILED, UserError
from tinker.schedule import worker
from tinker.schedule.cluster import Capacity, concurrency
from tinker.schedule.missing import code_of
from tinker.schedule.prepared import limits_of, prepare
from tinker.schedule.work import WorkItem
from tinker.store.store import Store
from tinker.tables.grids import load_grid
from tinker.train.parallel.rank import RankDied
from tinker.train.trial import run_trial

pytestmark = pytest.mark.xdist_group("ray")

TEN = {"train.steps": 10, "train.eval_every": 10, "schedule.warmup_steps": 2, "model.dropout": 0.0}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, ray_up: Capacity) -> SimpleNamespace:
    """A grid on two ranks, with an arm whose second rank raises: exit code, words and rows by arm."""
    folder = tmp_path_factory.mktemp("parallel")
    tiny.plugin(folder, "broken", DISTURBED)
    arms = {"raises": {"model.loss": {"type": "broken", "how": "raise"}}}
    base = TEN | {"train.devices": 2}
    cpus = {"cpus": min(2.0, ray_up.cpus)}  # on a machine with one core the ranks share it
    grid = write_grid(folder, arms, seeds=1, base=base, plugins=["broken.py"], resources=cpus)
    code, said = run(grid, folder / "results")
    arm_of = {cell["trial_id"]: cell["arm"] for cell in load_grid(folder / "results", "g")["cells"]}
    return SimpleNamespace(
        code=code, said=said, stored={arm_of[row.trial_id]: row for row in Store(folder / "results").rows()}
    )


def test_ddp_on_two_ranks_reproduces_the_loss_of_one_process(ran: SimpleNamespace, tmp_path: Path) -> None:
    row = ran.stored["base"]
    assert row.status.state == "done", ran.said
    alone = run_trial(tiny.spec_of(*(f"{key}={value}" for key, value in TEN.items())), tmp_path)
    assert len(alone.probes.first) == 10
    assert row.result["probes"]["first"] == pytest.approx(alone.probes.first, abs=1e-5)
    assert row.result["metrics"]["val_loss"] == pytest.approx(alone.metrics["val_loss"], abs=1e-5)
    assert row.environment()["ranks"] == {"count": 2, "strategy": "ddp"}


def test_a_rank_that_raises_is_a_failed_trial_that_says_why(ran: SimpleNamespace) -> None:
    assert ran.code == FAILED
    row = ran.stored["raises"]
    assert (row.status.state, row.status.attempts) == ("failed", 1)
    assert row.status.cause == "ArithmeticError: the plugin is broken"
    assert "rank 1 of 2:\nTraceback" in row.folder.log.read_text()


def test_a_trial_asks_for_the_threads_of_all_its_ranks(tmp_path: Path) -> None:
    grid = write_grid(tmp_path, {}, base={"train.devices": 2, "train.threads": 3})
    limits = limits_of(prepare(str(grid), [], tmp_path / "results").plan)
    assert (limits.cpus, limits.gpus) == (6.0, 0.0)


def test_a_trial_asks_for_a_gpu_for_each_rank(tmp_path: Path) -> None:
    plan = prepare(str(write_grid(tmp_path, {}, base={"train.devices": 2})), [], tmp_path / "results").plan
    control = plan.control
    on_gpus = {**control.config, "train": {**control.config["train"], "accelerator": "cuda"}}
    plan = replace(plan, arms=tuple(replace(arm, config=on_gpus) if arm is control else arm for arm in plan.arms))
    assert limits_of(plan).gpus == 2.0
    fewer = replace(plan, grid=replace(plan.grid, resources=replace(plan.grid.resources, gpus=1.0)))
    with pytest.raises(UserError, match=r"resources\.gpus: 1 for a trial of train\.devices 2.*resources\.gpus=2"):
        limits_of(fewer)


def test_the_devices_of_a_trial_are_those_of_one_machine() -> None:
    two_machines = Capacity(16, 4, (Capacity(8, 2), Capacity(8, 2)))
    assert concurrency(two_machines, 2, 2, None) == 2
    with pytest.raises(UserError, match="16 and 4 on several machines"):
        concurrency(two_machines, 4, 4, None)


def test_a_killed_rank_counts_as_a_lost_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*arguments: object) -> None:
        raise RankDied("rank 1 was killed by SIGKILL")

    monkeypatch.setattr(worker, "run_trial", killed)
    spec = tiny.spec_of()
    item = WorkItem((spec,), "train", str(tmp_path), str(tmp_path), str(tmp_path / "stop"), (code_of(spec),))
    with pytest.raises(RankDied):
        worker.execute(item)
