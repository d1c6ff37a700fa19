"""Loggers mirror the curve and change nothing."""

from __future__ import annotations

import csv
import importlib.util
import sqlite3
from pathlib import Path

import pytest

from tests.train.tiny import numbers, spec_of, values
from tinker.errors import UserError
from tinker.train.result import TrialResult
from tinker.train.trial import Hooks, run_trial

SHORT = ("train.steps=20",)


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        importlib.util.find_spec(package) is None,
        reason=f"{package} is not installed: pip install 'tinker-matrix[{package}]'",
    )


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> TrialResult:
    return run_trial(spec_of(*SHORT), tmp_path_factory.mktemp("bare"))


def _rows(folder: Path) -> dict[int, float]:
    with (folder / "csv" / "metrics.csv").open() as file:
        return {int(row["step"]): float(row["val_loss"]) for row in csv.DictReader(file)}


def test_csv_has_the_curve(bare: TrialResult, tmp_path: Path) -> None:
    result = run_trial(spec_of(*SHORT, "logger=csv"), tmp_path)
    assert numbers(result) == numbers(bare)
    assert _rows(tmp_path) == pytest.approx(values(bare, "val_loss"))


def test_csv_of_a_trial_that_was_cut_off_has_the_whole_curve(bare: TrialResult, tmp_path: Path) -> None:
    spec = spec_of(*SHORT, "logger=csv")
    asked = iter(range(100))
    assert run_trial(spec, tmp_path, Hooks(should_stop=lambda: next(asked) == 14)).status == "interrupted"
    assert numbers(run_trial(spec, tmp_path)) == numbers(bare)
    assert _rows(tmp_path) == pytest.approx(values(bare, "val_loss"))


def test_tensorboard_has_the_curve(bare: TrialResult, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    result = run_trial(spec_of(*SHORT, "logger=tensorboard"), tmp_path)
    assert numbers(result) == numbers(bare)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert {event.step: event.value for event in events.Scalars("val_loss")} == pytest.approx(values(bare, "val_loss"))


@needs("wandb")
def test_wandb_writes_a_run_offline_for_each_trial_of_a_process(bare: TrialResult, tmp_path: Path) -> None:
    specs = [spec_of(*SHORT, "logger=wandb", "logger.wandb.offline=true", seed=seed) for seed in (1, 2)]
    results = [run_trial(spec, tmp_path / spec.id) for spec in specs]
    assert numbers(results[0]) == numbers(bare)
    for spec in specs:  # the second not in the run of the first
        assert len(list(tmp_path.glob(f"{spec.id}/wandb/offline-run-*/run-{spec.id}.wandb"))) == 1


@needs("mlflow")
def test_mlflow_writes_into_its_database(bare: TrialResult, tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    result = run_trial(spec_of(*SHORT, "logger=mlflow", f"logger.mlflow.tracking_uri=sqlite:///{database}"), tmp_path)
    assert numbers(result) == numbers(bare)
    with sqlite3.connect(database) as connection:
        found = connection.execute("SELECT step, value FROM metrics WHERE key = 'val_loss'").fetchall()
    assert dict(found) == pytest.approx(values(bare, "val_loss"))


@pytest.mark.parametrize("package", ["wandb", "mlflow"])
def test_a_package_that_is_missing_is_one_message(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == package else find(name, *rest))
    with pytest.raises(UserError, match=rf"logger\.{package}: .* pip install 'tinker-matrix\[{package}\]'"):
        run_trial(spec_of(*SHORT, f"logger={package}"), tmp_path)
    assert not list(tmp_path.iterdir())
