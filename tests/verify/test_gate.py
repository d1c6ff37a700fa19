"""Nothing is spent on an arm that fails the quick part of the battery."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.schedule.conftest import OVERRIDES, write_grid
from tests.train import tiny
from tests.verify.faults import FAULTS, plant
from tinker.config.schema import TrialConfig
from tinker.errors import USAGE, UserError
from tinker.schedule import grid_run, prepared
from tinker.schedule.grid_run import run_grids
from tinker.schedule.missing import Missing
from tinker.schedule.single import train_one
from tinker.train.slots import FINETUNE
from tinker.verify import gate


@pytest.fixture
def no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts to run trials fails."""

    def started(*arguments: object) -> None:
        raise AssertionError("trials were started")

    monkeypatch.setattr(grid_run, "Driver", started)


@pytest.mark.usefixtures("no_ray")
@pytest.mark.parametrize("name", ["mask_off_by_one", "not_in_optimizer", "wrong_count", "not_finite"])
def test_a_run_refuses_an_unsound_arm_before_any_trial(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    plant(name, tmp_path)
    arms = {"rotary": {"model.position": "rotary"}, "faulty": {fault.slot: {"type": name}}}
    grid = write_grid(tmp_path, arms, plugins=[f"{name}.py"])
    with pytest.raises(UserError, match="arm 'faulty' is not run, since it fails the check") as caught:
        run_grids([str(grid)], ["seeds=3"], tmp_path / "results", Console(file=io.StringIO()), force=True)
    said = str(caught.value)
    assert f"{fault.check!r}: " in said
    assert fault.named[0].partition("weight")[0].split(": ")[0] in said
    assert said.endswith(f"tinker verify {grid} seeds=3")
    assert caught.value.exit_code == USAGE
    assert not (tmp_path / "results" / "trials").exists()
    assert not (tmp_path / "results" / "g").exists()


def test_training_one_model_refuses_a_leak_too(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^this trial is not run, since it fails the check 'causal': a leak"):
        train_one(
            [*OVERRIDES, *plant("leak_of_1e7", tmp_path)], 1, tmp_path / "results", Console(quiet=True), force=True
        )
    assert not list((tmp_path / "results").glob("trials/*/*/*"))


@pytest.mark.usefixtures("no_ray")
def test_an_arm_on_probation_is_checked_too_since_it_may_be_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant("mask_off_by_one", tmp_path)
    grid = write_grid(
        tmp_path, {"faulty": {"model.attention": {"type": "mask_off_by_one"}}}, plugins=["mask_off_by_one.py"]
    )
    monkeypatch.setattr(prepared, "sort_out", lambda specs, store: Missing(probation=list(specs)))
    with pytest.raises(UserError, match="arm 'faulty' is not run, since it fails the check 'causal'"):
        run_grids([str(grid)], [], tmp_path / "results", Console(file=io.StringIO()), force=True)


def arm(*overrides: str) -> TrialConfig:
    return TrialConfig.from_dict(tiny.spec_of(*overrides).config)


@pytest.mark.parametrize("seconds, said", [(0.0, ["checking a (1 of 2) ...", "checking c (2 of 2) ..."]), (1e9, [])])
def test_each_different_arm_is_announced_once_if_it_takes_long(
    seconds: float, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "SLOW", seconds)
    arms = {"a": arm(), "b": arm("train.steps=50"), "c": arm("model.position=rotary")}
    lines: list[str] = []
    gate.refuse_unsound(arms, again="tinker verify", say=lines.append)
    assert lines == said


def test_a_missing_package_is_said_by_name_and_not_blamed_on_the_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FINETUNE.get("lora").cls, "packages", ("package_of_nobody",))
    config = replace(arm(), finetune=FINETUNE.get("lora").config())
    with pytest.raises(
        UserError, match=r"^finetune=lora: not installed: package_of_nobody; pip install 'tinker-matrix"
    ):
        gate.refuse_unsound({"a": config}, again="tinker verify", say=print)
