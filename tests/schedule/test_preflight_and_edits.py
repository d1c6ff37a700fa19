"""What is refused before or after a trial, without Ray."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from tests.schedule.conftest import OVERRIDES, run
from tests.train import tiny
from tinker.config.schema import TrialConfig
from tinker.errors import USAGE, UserError
from tinker.schedule.cluster import Capacity, concurrency
from tinker.schedule.missing import class_of, code_of, sort_out
from tinker.schedule.preflight import check_machine
from tinker.schedule.single import train_one
from tinker.schedule.work import Outcome, WorkItem
from tinker.schedule.worker import execute
from tinker.store.store import Store
from tinker.train.trial import Hooks, run_trial

LOSS = """
from dataclasses import dataclass
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

@LOSS.variant()
class Edited(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        strength: float = 1
"""


@pytest.fixture
def gpu_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A scale that asks for a GPU, on a text, on this CPU."""
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "text.txt").write_text("to be or not to be, that is the question\n" * 200)
    return ["scale=gpu", "data=text", f"data.path={tmp_path / 'text.txt'}", "train.accelerator=cpu"]


def test_a_gpu_scale_on_a_cpu_is_refused_with_the_hours_that_it_takes(gpu_scale: list[str], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"scale=gpu asks for a GPU") as caught:
        train_one(gpu_scale, 1, tmp_path / "results", Console(quiet=True))
    said = str(caught.value)
    assert re.search(r"would take about [\d.]+ (min|h)", said)
    assert "--force" in said
    assert caught.value.exit_code == USAGE
    assert not (tmp_path / "results").exists()


def test_force_accepts_the_hours(gpu_scale: list[str]) -> None:
    config = TrialConfig.from_dict(tiny.spec_of(*gpu_scale, tiny=False).config)
    check_machine(config, 1e9, trials=3, at_once=1, force=True)


def test_a_grid_at_a_gpu_scale_is_refused_before_anything_is_written(gpu_scale: list[str], tmp_path: Path) -> None:
    grid = tmp_path / "g.yaml"
    grid.write_text("{name: g, question: What, control: base, seeds: 1, decide: {metric: val_loss, min_effect: 0.1}}")
    with pytest.raises(UserError, match="asks for a GPU"):
        run(grid, tmp_path / "results", *gpu_scale)
    assert not list((tmp_path / "results").rglob("grid.json"))


def test_as_many_trials_run_at_once_as_fit_and_are_wanted() -> None:
    assert concurrency(Capacity(8, 0), 2, 0, None) == 4
    assert concurrency(Capacity(8, 1), 2, 0.5, None) == 2
    assert concurrency(Capacity(8, 0), 2, 0, 3) == 3
    assert concurrency(Capacity(2, 0), 0.1, 0, None) == 20
    with pytest.raises(UserError, match="a trial asks for 1 CPUs and 1 GPUs, the cluster has 8 and 0"):
        concurrency(Capacity(8, 0), 1, 1, None)


def test_code_that_was_edited_since_the_run_began_is_not_run(tmp_path: Path) -> None:
    spec = tiny.spec_of()
    [outcome] = execute(WorkItem((spec,), "train", str(tmp_path), str(tmp_path), str(tmp_path / "stop"), ("0" * 16,)))
    assert outcome.result is None
    assert outcome.error is not None
    assert "code was edited since the run began" in outcome.error


def test_code_that_is_edited_during_a_trial_makes_no_row(tmp_path: Path) -> None:
    file = tiny.plugin(tmp_path, "edited", LOSS)
    spec = tiny.spec_of(f"plugins=['{file}']", "model.loss=edited")

    def edit(step: int, steps: int) -> None:
        if step == 20:
            file.write_text(LOSS.replace("strength: float = 1", "strength: float = 2"))

    with pytest.raises(UserError, match="its code was edited while it ran"):
        run_trial(spec, tmp_path / "trial", Hooks(progress=edit))


def test_a_worker_that_is_told_to_stop_begins_nothing(tmp_path: Path) -> None:
    spec = tiny.spec_of()
    (tmp_path / "stop").touch()
    item = WorkItem((spec,), "train", str(tmp_path), str(tmp_path), str(tmp_path / "stop"), (code_of(spec),))
    assert execute(item) == [Outcome(spec.id, "")]
    assert not (tmp_path / "trials").exists()


def test_a_finished_row_is_done_and_one_of_other_code_is_on_probation(tmp_path: Path) -> None:
    store, mine, other, new = Store(tmp_path), *(tiny.spec_of(seed=seed) for seed in (1, 2, 3))
    console = Console(file=io.StringIO())
    assert train_one(OVERRIDES, 1, tmp_path, console) == 0
    result = store.get(mine.id, class_of(mine))
    assert result is not None
    assert result.result is not None
    code = {"fingerprint": "0" * 16, "modules": {}}
    store.commit(other, class_of(other), result.result, [], result.environment(), code)
    missing = sort_out([mine, other, new, mine], store)
    assert (missing.done, missing.probation, missing.train) == ([mine], [other], [new])
