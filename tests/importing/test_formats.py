"""CSV, Parquet and JSON lines give one and the same grid; readers of tables read it."""

from __future__ import annotations

import math
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.importing.made_up import (
    MEANS,
    curves,
    grid,
    import_,
    reasons,
    runs,
    tinker,
    trials,
    verdicts,
    write_csv,
    write_jsonl,
)

RIGHT = {"base": "control", "good": "better", "bad": "worse"}


def _write(path: Path, rows: list[dict[str, object]]) -> Path:
    if path.suffix == ".csv":
        return write_csv(path, rows)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    return write_jsonl(path, rows)


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
def test_runs_give_the_right_verdicts_and_every_digit_arrives(ending: str, tmp_path: Path) -> None:
    folder = import_(_write(tmp_path / f"runs{ending}", runs()), results=tmp_path / "results")
    assert verdicts(folder) == RIGHT
    assert [row["val_loss"] for row in trials(folder)] == [row["val_loss"] for row in runs()]
    assert {row["source"] for row in trials(folder)} == {f"runs{ending}"}


def test_all_formats_give_the_same_trials_but_for_the_file(tmp_path: Path) -> None:
    rows = [
        {key: value for key, value in row.items() if key not in ("grid", "source", "trial_id")}
        for ending in (".csv", ".parquet", ".jsonl")
        for row in trials(
            import_(_write(tmp_path / f"runs{ending}", runs()), results=tmp_path / "results", name=ending[1:])
        )
    ]
    third = len(rows) // 3
    assert rows[:third] == rows[third : 2 * third] == rows[2 * third :]


def test_higher_is_better_where_the_metric_is_an_accuracy_of_any_name(tmp_path: Path) -> None:
    rows = [{"arm": row["arm"], "seed": row["seed"], "eval/acc": row["val_loss"]} for row in runs()]
    file = write_csv(tmp_path / "runs.csv", rows)
    metric = ("--metric", "eval/acc=accuracy", "--direction", "higher")
    folder = import_(file, *metric, results=tmp_path / "results")
    assert verdicts(folder) == {"base": "control", "good": "worse", "bad": "better"}
    tinker("report", "there", "--results", tmp_path / "results")


def test_a_curve_gives_the_value_at_its_last_step_whatever_the_order_of_rows(tmp_path: Path) -> None:
    points = curves(runs())
    first = import_(write_csv(tmp_path / "a.csv", points), "--step", "step", results=tmp_path / "results", name="a")
    points.reverse()
    last = import_(write_csv(tmp_path / "b.csv", points), "--step", "step", results=tmp_path / "results", name="b")
    wanted = {(row["arm"], row["seed"]): row["val_loss"] for row in runs()}
    for folder in (first, last):
        assert {(row["arm"], row["seed_init"]): row["val_loss"] for row in trials(folder)} == wanted
        assert {row["steps"] for row in trials(folder)} == {30}
        assert verdicts(folder) == RIGHT
        table = pq.read_table(folder / "curves.parquet")
        assert len(table) == len(points)
        assert table.column("step").to_pylist() == [10, 20, 30] * len(wanted)


def test_rows_without_a_value_of_a_metric_are_no_points_of_it(tmp_path: Path) -> None:
    points = [{**point, "train_loss": None} for point in curves(runs())]
    points += [{**point, "val_loss": None, "train_loss": 1.5, "step": 25} for point in curves(runs(), [25])]
    options = ("--step", "step", "--metric", "val_loss", "--metric", "train_loss")
    folder = import_(write_csv(tmp_path / "runs.csv", points), *options, results=tmp_path / "results")
    assert verdicts(folder) == RIGHT
    assert {(row["steps"], row["train_loss"]) for row in trials(folder)} == {(30, 1.5)}
    table = pq.read_table(folder / "curves.parquet").to_pydict()
    assert table["metric"].count("train_loss") == 15
    assert table["metric"].count("val_loss") == 45


def test_nan_and_infinity_are_runs_that_diverged_and_an_empty_cell_is_no_value(tmp_path: Path) -> None:
    rows = runs()
    rows[5]["val_loss"], rows[6]["val_loss"], rows[10]["val_loss"] = math.nan, math.inf, None
    for file in (write_csv(tmp_path / "runs.csv", rows), write_jsonl(tmp_path / "runs.jsonl", rows)):
        folder = import_(file, results=tmp_path / "results", name=file.suffix[1:])
        states = [row["status"] for row in trials(folder)]
        assert [place for place, state in enumerate(states) if state != "done"] == [5, 6]
        assert states[5] == states[6] == "diverged"
        assert math.isnan(trials(folder)[5]["val_loss"])
        assert trials(folder)[10]["val_loss"] is None
        assert verdicts(folder) == {"base": "control", "good": "inconclusive", "bad": "invalid"}
        assert "2 of 5 runs diverged" in reasons(folder)["good"]
        assert "seed 1 of the arm ended without a value of val_loss" in reasons(folder)["bad"]


def test_a_run_that_is_there_twice_is_kept_and_refused_by_its_seed(tmp_path: Path) -> None:
    rows = [*runs(), runs()[5]]
    folder = import_(write_csv(tmp_path / "runs.csv", rows), results=tmp_path / "results")
    assert len({row["trial_id"] for row in trials(folder)}) == 16
    assert "seed 1 more than once" in reasons(folder)["good"]
    assert verdicts(folder)["bad"] == "worse"
    points = [*curves(runs()), *curves(runs()[5:6])]
    folder = import_(write_csv(tmp_path / "c.csv", points), "--step", "step", results=tmp_path / "results", name="c")
    assert len(trials(folder)) == 16
    assert "seed 1 more than once" in reasons(folder)["good"]


def test_several_columns_name_an_arm_and_nested_keys_are_columns(tmp_path: Path) -> None:
    rows = [
        {"config": {"model": row["arm"], "lr": 0.003}, "seed": float(row["seed"]), "val_loss": row["val_loss"]}
        for row in runs()
    ]
    arms = ("--arm", "config.model", "--arm", "config.lr")
    file = write_jsonl(tmp_path / "runs.jsonl", rows)
    folder = import_(file, *arms, results=tmp_path / "results", control="base/0.003")
    assert verdicts(folder) == {f"{arm}/0.003": word for arm, word in RIGHT.items()}


def test_costs_and_machines_arrive(tmp_path: Path) -> None:
    rows = [{**row, "N": 1000, "flops": 6e3, "gpu": "H100" if row["arm"] == "bad" else "A100"} for row in runs()]
    columns = ("--column", "params=N", "--column", "flops_per_token=flops", "--hardware", "gpu")
    folder = import_(write_csv(tmp_path / "runs.csv", rows), *columns, results=tmp_path / "results")
    assert {(row["params"], row["flops_per_token"]) for row in trials(folder)} == {(1000, 6e3)}
    assert verdicts(folder) == {"base": "control", "good": "better", "bad": "invalid"}
    assert "unlike machines" in reasons(folder)["bad"]
    assert grid(folder)["arms"][0]["params"] == 1000


def test_files_are_joined(tmp_path: Path) -> None:
    rows = runs()
    files = write_csv(tmp_path / "a.csv", rows[:7]), write_csv(tmp_path / "b.csv", rows[7:])
    folder = import_(*files, results=tmp_path / "results")
    assert verdicts(folder) == RIGHT
    assert [row["source"] for row in trials(folder)] == ["a.csv"] * 7 + ["b.csv"] * 8


def test_the_separator_is_told_and_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    for mark, name in ((";", "s"), ("\t", "t")):
        text = write_csv(tmp_path / "runs.csv", runs()).read_text().replace(",", mark)
        (tmp_path / f"{name}.csv").write_text("\N{BYTE ORDER MARK}" + text, encoding="utf-8")
        assert verdicts(import_(tmp_path / f"{name}.csv", results=tmp_path / "results", name=name)) == RIGHT


def test_pandas_and_duckdb_read_the_tables(tmp_path: Path) -> None:
    folder = import_(write_csv(tmp_path / "runs.csv", runs()), results=tmp_path / "results")
    means = pd.read_parquet(folder / "trials.parquet").groupby("arm").val_loss.mean()
    path = folder / "trials.parquet"
    again = dict(duckdb.sql(f"select arm, avg(val_loss) from '{path}' group by arm").fetchall())
    for arm, mean in MEANS.items():
        assert abs(means[arm] - mean) < 0.02
        assert math.isclose(means[arm], again[arm])
