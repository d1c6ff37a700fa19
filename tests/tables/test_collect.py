"""Every planned trial is a row, with what the store knows of it and nothing else."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.tables.made_up import HERE, finish, grid, save, spec
from tinker.errors import UserError
from tinker.store.layout import Layout
from tinker.store.store import Store
from tinker.store.verdicts import supersede
from tinker.tables.collect import collect
from tinker.tables.grids import load_grid

ARMS = {"baseline-v0": [0, 1], "rotary": [0, 1]}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Three finished trials of four."""
    finish(tmp_path, "baseline-v0", 0, val_loss=2.0, excess_recall=0.1)
    finish(tmp_path, "baseline-v0", 1, val_loss=0.1 + 0.2, excess_recall=0.2)
    finish(tmp_path, "rotary", 0, val_loss=math.inf, status="diverged", steps=7)
    return tmp_path


def _rows(results: Path, content: dict[str, Any]) -> dict[tuple[str, int], dict[str, Any]]:
    return {(row["arm"], row["seed_init"]): row for row in collect(results, content).trials.to_pylist()}


def test_each_planned_trial_is_a_row(results: Path) -> None:
    rows = _rows(results, grid(ARMS))
    assert [row["status"] for row in rows.values()] == ["done", "done", "diverged", "missing"]
    done, missing = rows["baseline-v0", 1], rows["rotary", 1]
    assert done["val_loss"] == 0.1 + 0.2  # every digit
    assert (done["tokens"], done["tokens_per_s"], done["rss_bytes"]) == (100 * 4 * 8, 5000.0, 300_000_000)
    assert (done["torch"], done["device"], done["git_commit"], done["git_dirty"]) == ("2.13.0", "A CPU", "f00", False)
    assert (done["threads"], done["precision"], done["environment_class"]) == (1, "fp32", HERE)
    assert done["finished"] >= done["started"]
    assert (missing["params"], missing["val_loss"], missing["environment_class"]) == (1100, None, None)
    assert rows["rotary", 0]["val_loss"] == math.inf


def test_failures_and_running_trials_are_rows_with_their_state(results: Path) -> None:
    store = Store(results)
    store.begin(spec("rotary", 1), HERE, "test")
    assert _rows(results, grid(ARMS))["rotary", 1]["status"] == "running"
    store.fail(spec("rotary", 1), HERE, "out of memory", "log")
    failed = _rows(results, grid(ARMS))["rotary", 1]
    assert (failed["status"], failed["attempts"], failed["cause"]) == ("failed", 1, "out of memory")


def test_why_earlier_attempts_failed_is_told_of_a_trial_that_ended_well(results: Path) -> None:
    store = Store(results)
    store.begin(spec("rotary", 1), HERE, "test")
    store.fail(spec("rotary", 1), HERE, "out of memory: 7 GiB", "", kind="out of memory")
    store.fail(spec("rotary", 1), HERE, "KeyError: 'x'", "")
    finish(results, "rotary", 1, val_loss=9.0)
    row = _rows(results, grid(ARMS))["rotary", 1]
    assert (row["status"], row["cause"]) == ("done", None)
    assert row["causes"] == ["out of memory: 7 GiB", "error: KeyError: 'x'"]
    assert _rows(results, grid(ARMS))["rotary", 0]["causes"] is None


def test_a_trial_of_another_grid_at_the_same_time_packs(results: Path) -> None:
    for arm, seed in (("baseline-v0", 0), ("baseline-v0", 1), ("rotary", 0)):
        status = Store(results).folder(spec(arm, seed), HERE).status
        status.write_text('{"state": "done", "attempts": 1, "started": "2026-01-01T00:00:00+00:00"}')
    assert _rows(results, grid({"rotary": [0]}))["rotary", 0]["packed"]
    shutil.rmtree(results / "trials" / spec("baseline-v0", 0).id)
    shutil.rmtree(results / "trials" / spec("baseline-v0", 1).id)
    assert not _rows(results, grid({"rotary": [0]}))["rotary", 0]["packed"]


def test_an_arm_that_left_the_grid_leaves_the_tables_and_stays_in_the_store(results: Path) -> None:
    rows = _rows(results, grid({"baseline-v0": [0, 1]}))
    assert {arm for arm, _ in rows} == {"baseline-v0"}
    assert len(list(Store(results).rows())) == 3


def test_the_grids_own_environment_class_goes_first_and_another_is_named(results: Path) -> None:
    finish(results, "baseline-v0", 0, environment_class="a-elsewhere", val_loss=9.0)
    finish(results, "rotary", 1, environment_class="z-elsewhere", val_loss=9.0)
    rows = _rows(results, grid(ARMS))
    assert rows["baseline-v0", 0]["environment_class"] == HERE
    assert (rows["rotary", 1]["environment_class"], rows["rotary", 1]["val_loss"]) == ("z-elsewhere", 9.0)


def test_curves_have_a_row_per_trial_step_and_metric(results: Path) -> None:
    points = collect(results, grid(ARMS)).curves.to_pylist()
    assert [(p["arm"], p["seed_init"], p["step"], p["metric"]) for p in points] == [
        ("baseline-v0", 0, 100, "val_loss"),
        ("baseline-v0", 0, 100, "excess_recall"),
        ("baseline-v0", 1, 100, "val_loss"),
        ("baseline-v0", 1, 100, "excess_recall"),
        ("rotary", 0, 7, "val_loss"),
    ]


def test_equal_input_gives_equal_bytes(results: Path) -> None:
    tables = ["trials.parquet", "curves.parquet"]
    collect(results, grid(ARMS))
    first = [(results / "made-up" / name).read_bytes() for name in tables]
    collect(results, grid(ARMS))
    assert [(results / "made-up" / name).read_bytes() for name in tables] == first


def test_committed_tables_outlive_the_store(results: Path) -> None:
    before = collect(results, grid(ARMS))
    files = {path.name: path.read_bytes() for path in (results / "made-up").iterdir()}
    shutil.rmtree(results / "trials")
    after = collect(results, grid(ARMS))
    assert after.kept == 3
    assert after.trials.equals(before.trials)
    assert after.curves.equals(before.curves)
    assert {path.name: path.read_bytes() for path in (results / "made-up").iterdir()} == files
    assert not (results / "trials").exists()


def test_a_row_that_no_longer_holds_does_not_come_back_from_an_older_table(results: Path) -> None:
    collect(results, grid(ARMS))
    supersede(Layout(results).trial(spec("baseline-v0", 1).id, HERE), "c0de")
    after = collect(results, grid(ARMS))
    row = after.trials.to_pylist()[1]
    assert (row["arm"], row["seed_init"], row["status"], row["val_loss"]) == ("baseline-v0", 1, "missing", None)
    assert after.kept == 0
    assert (row["trial_id"] in after.curves["trial_id"].to_pylist()) is False


def test_the_store_goes_before_an_older_table(results: Path) -> None:
    collect(results, grid(ARMS))
    shutil.rmtree(results / "trials")
    finish(results, "baseline-v0", 0, val_loss=1.5)
    rows = _rows(results, grid(ARMS))
    assert rows["baseline-v0", 0]["val_loss"] == 1.5
    assert rows["baseline-v0", 1]["val_loss"] == 0.1 + 0.2


def test_pandas_polars_and_duckdb_read_the_tables(results: Path) -> None:
    collect(results, grid(ARMS))
    path = results / "made-up" / "trials.parquet"
    expected = 0.1 + 0.2
    frame = pd.read_parquet(path)
    assert frame.set_index(["arm", "seed_init"]).loc[("baseline-v0", 1), "val_loss"] == expected
    assert str(frame["started"].dtype) == "datetime64[us, UTC]"
    lazy = pl.read_parquet(path).filter((pl.col("arm") == "baseline-v0") & (pl.col("seed_init") == 1))
    assert lazy["val_loss"].to_list() == [expected]
    query = f"SELECT val_loss, status FROM '{path}' WHERE arm = 'baseline-v0' AND seed_init = 1"
    assert duckdb.sql(query).fetchall() == [(expected, "done")]
    assert pq.read_schema(path).metadata[b"tinker_schema_version"] == b"1"


def test_an_unknown_grid_is_refused_with_the_grids_there_are(results: Path) -> None:
    save(results, grid(ARMS))
    with pytest.raises(UserError, match=r"'made-down' is not a grid in .*; grids there are: made-up"):
        load_grid(results, "made-down")
    with pytest.raises(UserError, match="none yet"):
        load_grid(results / "made-up", "anything")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "not a grid that tinker wrote"),
        ('{"schema": 9, "name": "other"}', "schema 9, this tinker reads 1"),
        ('{"schema": 1, "name": "../made-up"}', r"of the grid '../made-up', and its folder is called 'other'"),
    ],
)
def test_a_grid_file_that_is_not_ours_is_refused(results: Path, text: str, problem: str) -> None:
    (results / "other").mkdir()
    (results / "other" / "grid.json").write_text(text)
    with pytest.raises(UserError, match=problem):
        load_grid(results, "other")
