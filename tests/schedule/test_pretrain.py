"""A grid whose arms start from a trial of its own: that one first, then the arms, and neither of them twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from rich.console import Console

from tests.schedule.conftest import OVERRIDES, rows, run, untouched, write_grid
from tinker.errors import FAILED, OK, UserError
from tinker.schedule.cluster import Capacity
from tinker.schedule.plan_view import make_plan
from tinker.schedule.single import train_one
from tinker.train.training import Training

pytestmark = pytest.mark.xdist_group("ray")

PRETRAIN = {"seed": 7, "diff": {"data.chain_seed": 1, "train.steps": 30, "train.eval_every": 30}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, ray_up: Capacity) -> Path:
    """A control alone and one seed, run once."""
    folder = tmp_path_factory.mktemp("pretrain")
    write_grid(folder, {}, pretrain=PRETRAIN, seeds=1)
    code, said = run(folder / "g.yaml", folder / "results")
    assert code == OK, said
    assert "1 arms, 1 seeds, 1 trials: 0 done, 1 to run, after the trial that all arms start from" in said
    assert "2 done" in said
    return folder


def test_the_plan_says_what_is_trained_first(folder: Path, tmp_path: Path) -> None:
    before = make_plan(str(folder / "g.yaml"), [], tmp_path / "results")["pretrained"]
    after = make_plan(str(folder / "g.yaml"), ["seeds=2"], folder / "results")["pretrained"]
    assert before == {"trial_id": after["trial_id"], "to_run": True}
    assert after["to_run"] is False


def test_an_arm_starts_from_the_weights_that_it_ended_with(folder: Path) -> None:
    found = rows(folder / "results")
    [arm] = [row for row in found.values() if "init_from" in row.spec.config]
    [first] = [row for row in found.values() if "init_from" not in row.spec.config]
    ended = torch.load(first.folder.checkpoint / "last.ckpt", weights_only=True)["state_dict"]
    begun = Training(arm.spec).module.state_dict()
    assert begun.keys() == ended.keys()
    assert all(torch.equal(value, ended[key]) for key, value in begun.items())


def test_what_is_there_is_not_run_again(folder: Path) -> None:
    results = folder / "results"
    before = untouched(results)
    code, said = run(folder / "g.yaml", results)
    assert (code, untouched(results)) == (OK, before)
    assert "nothing to do" in said


def test_without_its_weights_no_further_arm_can_run(folder: Path) -> None:
    results = folder / "results"
    [first] = [row for row in rows(results).values() if "init_from" not in row.spec.config]
    weights = first.folder.checkpoint / "last.ckpt"
    weights.rename(weights.with_suffix(".away"))
    try:
        with pytest.raises(UserError, match=r"has no checkpoint at .*run that trial again with checkpoint.keep=last"):
            run(folder / "g.yaml", results, "seeds=2")
    finally:
        weights.with_suffix(".away").rename(weights)
    assert len(rows(results)) == 2


def test_when_it_diverged_no_arm_is_run(tmp_path: Path) -> None:
    away = ["optimizer.lr=1e30", "train.grad_clip=null"]
    assert train_one([*OVERRIDES, *away], 7, tmp_path / "results", Console(quiet=True)) == OK
    diff = {"optimizer.lr": 1e30, "train.grad_clip": None}
    grid = write_grid(tmp_path, {}, pretrain={"seed": 7, "diff": diff}, seeds=1)
    with pytest.raises(UserError, match=r"pretrain: trial \w+, from which every arm starts, is diverged") as caught:
        run(grid, tmp_path / "results")
    assert caught.value.exit_code == FAILED
    assert len(rows(tmp_path / "results")) == 1


def test_when_it_is_trained_again_arms_that_started_from_other_weights_are_too(folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(folder / "results", results)
    [base] = [row for row in rows(results).values() if "init_from" not in row.spec.config]
    [arm] = [row for row in rows(results).values() if "init_from" in row.spec.config]
    assert arm.result is not None
    weights = base.folder.checkpoint / "last.ckpt"
    saved = torch.load(weights, weights_only=True)
    next(iter(saved["state_dict"].values())).add_(0.5)
    torch.save(saved, weights)
    seed = arm.spec.seeds.init
    assert train_one([*OVERRIDES, f"init_from={base.trial_id}"], seed, results, Console(quiet=True)) == OK
    strayed = rows(results)[arm.trial_id].result
    assert strayed is not None
    assert strayed["start_digest"] != arm.result["start_digest"]

    shutil.rmtree(base.folder.path)
    code, said = run(folder / "g.yaml", results, "seeds=2")
    assert code == OK, said
    assert "1 done, 1 to run, after the trial that all arms start from" in said  # until then, it seems to be done
    assert "1 trials started from other weights than init_from gives now" in said
    found = [
        row.result["start_digest"] for row in rows(results).values() if row.result and "init_from" in row.spec.config
    ]
    assert found == [arm.result["start_digest"]] * 2
