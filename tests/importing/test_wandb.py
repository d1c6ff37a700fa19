"""The two CSV files of the W&B app: its table of runs, and its charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.importing.made_up import curves, grid, import_, runs, trials, verdicts, write_csv
from tinker.errors import UserError

RIGHT = {"base": "control", "good": "better", "bad": "worse"}


def _table(**changes: Any) -> list[dict[str, Any]]:
    """As the app writes it: its own columns, then config, then summary."""
    return [
        {
            "Name": f"{row['arm']}-s{row['seed']}-old", "State": "finished", "Notes": "-", "User": "me",
            "Tags": "a, b", "Created": "2026-01-02T03:04:05.000Z", "Runtime": 61, "Sweep": "", "optimizer": row["arm"],
            "seed": row["seed"], "_step": 100, "val/loss": row["val_loss"], **changes,
        }
        for row in runs()
    ]  # fmt: skip


def _chart(rows: list[dict[str, Any]], name: str = "{arm}-{seed}", metric: str = "val_loss") -> list[dict[str, Any]]:
    """A row a step, three columns a run; a run logs at every second row only, as runs of unlike pace do."""
    points = curves(rows)
    found = []
    for step in (10, 15, 20, 30):
        line: dict[str, Any] = {"Step": step}
        for row in rows:
            run = name.format(**row)
            here = [
                p["val_loss"] for p in points if (p["arm"], p["seed"], p["step"]) == (row["arm"], row["seed"], step)
            ]
            value = here[0] if here else ""
            line |= {f"{run} - _step": step, f"{run} - _step__MIN": step, f"{run} - _step__MAX": step}
            line |= {f"{run} - {metric}{end}": value for end in ("", "__MIN", "__MAX")}
        found.append(line)
    return found


def test_a_table_of_runs_is_told_by_its_columns_and_states_are_read(tmp_path: Path) -> None:
    rows = _table()
    rows[14]["State"] = "crashed"
    options = ("--arm", "optimizer", "--metric", "val/loss=val_loss", "--column", "seconds=Runtime")
    folder = import_(write_csv(tmp_path / "w.csv", rows), *options, results=tmp_path / "results")
    assert verdicts(folder) == {"base": "control", "good": "better", "bad": "invalid"}
    assert {row["seconds"] for row in trials(folder)} == {61.0}


def test_arm_and_seed_can_be_read_off_the_names_of_runs(tmp_path: Path) -> None:
    options = ("--run-name", "{arm}-s{seed}-*", "--metric", "val/loss=val_loss")
    folder = import_(write_csv(tmp_path / "w.csv", _table()), *options, results=tmp_path / "results")
    assert verdicts(folder) == RIGHT
    assert [row["seed_init"] for row in trials(folder)] == [1, 2, 3, 4, 5] * 3


def test_a_chart_gives_curves_and_final_values(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "chart.csv", _chart(runs()))
    folder = import_(file, results=tmp_path / "results")
    assert verdicts(folder) == RIGHT
    assert [row["val_loss"] for row in trials(folder)] == [row["val_loss"] for row in runs()]
    assert len(pq.read_table(folder / "curves.parquet")) == 45
    assert grid(folder)["import_notes"] == []
    assert verdicts(import_(file, "--from", "wandb", results=tmp_path / "results", name="forced")) == RIGHT


def test_charts_of_two_metrics_are_of_the_same_runs(tmp_path: Path) -> None:
    files = [
        write_csv(tmp_path / f"{metric}.csv", _chart(runs(), metric=metric)) for metric in ("val_loss", "train_loss")
    ]
    folder = import_(*files, "--metric", "val_loss", "--metric", "train_loss", results=tmp_path / "results")
    assert verdicts(folder) == RIGHT
    assert [row["train_loss"] for row in trials(folder)] == [row["val_loss"] for row in runs()]


def test_two_runs_of_one_arm_and_seed_in_a_chart_stay_two(tmp_path: Path) -> None:
    lines = _chart(runs(), name="{arm}-{seed}-x")
    for old, new in zip(lines, _chart(runs()[5:6], name="{arm}-{seed}-y"), strict=True):
        old.update(new)
    file = write_csv(tmp_path / "chart.csv", lines)
    folder = import_(file, "--run-name", "{arm}-{seed}-*", results=tmp_path / "results")
    assert len(trials(folder)) == 16
    assert verdicts(folder) == {"base": "control", "good": "invalid", "bad": "worse"}


def test_means_over_groups_of_runs_are_refused_and_groups_of_one_run_are_not(tmp_path: Path) -> None:
    lines = _chart(runs(), name="Group: {arm}-{seed}")
    assert verdicts(import_(write_csv(tmp_path / "one.csv", lines), results=tmp_path / "results")) == RIGHT
    lines[0]["Group: base-1 - val_loss__MAX"] += 0.01
    with pytest.raises(UserError, match="'Group: base-1 - val_loss' is the mean over a group of runs"):
        import_(write_csv(tmp_path / "means.csv", lines), results=tmp_path / "results")


def test_points_that_the_app_has_averaged_are_said_to_be(tmp_path: Path) -> None:
    lines = _chart(runs())
    lines[-1]["good-1 - val_loss__MAX"] += 0.01
    folder = import_(write_csv(tmp_path / "chart.csv", lines), results=tmp_path / "results")
    assert grid(folder)["import_notes"] == [
        "chart.csv: 1 final values are means of several points, as W&B thins out long charts"
    ]


def test_a_chart_over_time_is_refused(tmp_path: Path) -> None:
    lines = [{"Relative Time (Process)": 1.5, **line} for line in _chart(runs())]
    for line in lines:
        del line["Step"]
    with pytest.raises(
        UserError, match=r"chart.csv:2: column 'Relative Time .*1.5' is no whole number of .*; set it to"
    ):
        import_(write_csv(tmp_path / "chart.csv", lines), results=tmp_path / "results")


def test_columns_stand_in_for_what_the_names_do_not_tell(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "chart.csv", _chart(runs(), name="{arm}"))
    with pytest.raises(UserError, match=r"--run-name: nothing tells the seeds; add {seed}, or say --seed none"):
        import_(file, "--run-name", "{arm}", results=tmp_path / "results")
    folder = import_(file, "--arm", "run", "--seed", "none", results=tmp_path / "results")
    assert [row["arm"] for row in trials(folder)] == ["base", "good", "bad"]


def test_a_name_that_the_pattern_does_not_fit_is_named(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "chart.csv", _chart(runs(), name="{arm}_{seed}"))
    with pytest.raises(UserError, match=r"chart.csv:2: the run's name 'base_1' does not fit '{arm}-{seed}'; say with"):
        import_(file, results=tmp_path / "results")
    with pytest.raises(UserError, match=r"--run-name '{seed}': expected {arm} once and {seed} at most once"):
        import_(file, "--run-name", "{seed}", results=tmp_path / "results")
    assert verdicts(import_(file, "--run-name", "{arm}_{seed}", results=tmp_path / "results")) == RIGHT
