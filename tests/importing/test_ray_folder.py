"""Folders as Ray Tune leaves them, written by hand; tests/schedule reads one that Ray itself wrote."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.importing.made_up import curves, import_, reasons, runs, trials, verdicts
from tinker.errors import UserError

RIGHT = {"base": "control", "good": "better", "bad": "worse"}


def experiment_in(folder: Path, *, table: bool = False) -> Path:
    """A folder for each run, with its results as JSON lines, or as a table alone."""
    for row in runs():
        trial = folder / f"train_{row['arm']}_{row['seed']}"
        trial.mkdir(parents=True)
        config = {"arm": row["arm"], "seed": row["seed"], "model": {"width": 8}}
        (trial / "params.json").write_text(json.dumps(config))
        results = [
            {"val_loss": point["val_loss"], "training_iteration": place}
            for place, point in enumerate(curves([row]), start=1)
        ]
        if table:
            with (trial / "progress.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(results[0]))
                writer.writeheader()
                writer.writerows(results)
        else:
            (trial / "result.json").write_text("".join(json.dumps({**r, "config": config}) + "\n" for r in results))
    return folder


@pytest.mark.parametrize("table", [False, True])
def test_results_are_read_from_either_of_the_two_files(table: bool, tmp_path: Path) -> None:
    folder = import_(experiment_in(tmp_path / "exp", table=table), results=tmp_path / "results")
    assert verdicts(folder) == RIGHT
    assert [row["steps"] for row in trials(folder)] == [3] * 15
    assert {row["source"] for row in trials(folder)} == {"exp"}


def test_a_trial_that_never_reported_is_a_row_that_failed(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path / "exp")
    (experiment / "train_good_3" / "result.json").write_text("")
    (experiment / "train_good_3" / "error.txt").write_text("out of memory")
    folder = import_(experiment, results=tmp_path / "results")
    assert verdicts(folder) == {"base": "control", "good": "invalid", "bad": "worse"}
    assert "seed 3 of the arm failed" in reasons(folder)["good"]


def test_the_last_state_of_a_restored_experiment_counts(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path / "exp")
    for time, state in (("01", "ERROR"), ("02", "TERMINATED")):
        trial = json.dumps({"relative_logdir": "train_good_3", "status": state})
        state_file = experiment / f"experiment_state-2026-01-01_{time}.json"
        state_file.write_text(json.dumps({"trial_data": [[trial, "{}"]]}))
    folder = import_(experiment, results=tmp_path / "results")
    assert verdicts(folder) == RIGHT


def test_a_trial_that_was_resumed_logs_a_step_twice_and_the_later_one_counts(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path / "exp")
    with (experiment / "train_good_3" / "result.json").open("a") as file:
        file.write(json.dumps({"val_loss": 1.5, "training_iteration": 3}) + "\n")
    folder = import_(experiment, results=tmp_path / "results")
    row = next(row for row in trials(folder) if (row["arm"], row["seed_init"]) == ("good", 3))
    assert (row["val_loss"], row["steps"], len(trials(folder))) == (1.5, 3, 15)


def test_a_wrong_value_is_named_by_the_file_of_its_trial(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path / "exp")
    with (experiment / "train_good_3" / "result.json").open("a") as file:
        file.write(json.dumps({"val_loss": "low", "training_iteration": 4}) + "\n")
    with pytest.raises(UserError, match=r"train_good_3.result.json:4: column 'val_loss' \(--metric\): 'low' is not"):
        import_(experiment, results=tmp_path / "results")


def test_a_config_without_an_arm_is_told_by_its_keys_or_by_the_names_of_trials(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path / "exp")
    with pytest.raises(UserError, match=r"exp: --arm: unknown column 'model'; .*config/model/width"):
        import_(experiment, "--arm", "model", results=tmp_path / "results")
    folder = import_(experiment, "--run-name", "train_{arm}_{seed}", results=tmp_path / "results")
    assert verdicts(folder) == RIGHT


def test_an_experiment_without_results_or_with_a_broken_state_is_named(tmp_path: Path) -> None:
    experiment = experiment_in(tmp_path / "exp")
    (experiment / "experiment_state-1.json").write_text('{"trial_data": 3}')
    with pytest.raises(UserError, match=r"experiment_state-1.json: not the state of an experiment"):
        import_(experiment, results=tmp_path / "results")
    (experiment / "experiment_state-1.json").unlink()
    for path in experiment.glob("*/result.json"):
        path.unlink()
    with pytest.raises(UserError, match="none of its 15 trials reported a result"):
        import_(experiment, results=tmp_path / "results")
