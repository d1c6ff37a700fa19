"""tuning.parquet has every trial of a tuning, and is there only where something is tuned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.tables.made_up import HERE, finish, grid, save, spec
from tests.tables.made_up_tuning import BEST, RATES, SEEDS, tuned
from tinker.doctor.tables import tables
from tinker.errors import UserError
from tinker.report.analysis import Analysis
from tinker.report.api import make_report, render
from tinker.store.store import Store
from tinker.tables import schema
from tinker.tables.grid_shape import checked
from tinker.tables.parquet import read
from tinker.tables.tuning import TUNING, searched_numbers, tuning_rows

GRID = grid(dict.fromkeys(BEST, range(1)))


def test_each_trial_is_a_row_with_its_configuration(tmp_path: Path) -> None:
    save(tmp_path, tuned(GRID))
    Analysis.of(tmp_path, "made-up")
    rows = read(tmp_path / "made-up" / TUNING).to_pylist()
    assert len(rows) == len(BEST) * len(RATES) * len(SEEDS)
    won = [row for row in rows if row["is_winner"]]
    assert [(row["arm"], row["params.optimizer.lr"], row["seed_init"]) for row in won] == [
        ("baseline-v0", 1e-3, 1001), ("baseline-v0", 1e-3, 1002), ("good", 1e-2, 1001), ("good", 1e-2, 1002),
        ("bad", 3e-4, 1001), ("bad", 3e-4, 1002),
    ]  # fmt: skip
    assert won[0]["value"] == 1.9
    assert json.loads(won[0]["params"]) == {"optimizer.lr": 0.001}
    diverged = [(row["arm"], row["number"]) for row in rows if row["state"] == "diverged"]
    assert diverged == [("baseline-v0", 4)] * 2 + [("bad", 3)] * 2 + [("bad", 4)] * 2
    assert {row["value"] for row in rows if row["state"] == "diverged"} == {None}
    assert {row["is_control"] for row in rows if row["arm"] == "baseline-v0"} == {True}


def test_of_a_tuning_half_way_it_has_what_is_there(tmp_path: Path) -> None:
    save(tmp_path, tuned(GRID, done=3))
    made = Analysis.of(tmp_path, "made-up")
    assert (made.trials, made.comparisons) == ([], [])
    rows = pl.read_parquet(tmp_path / "made-up" / TUNING)
    assert rows["state"].to_list().count("done") == 3 * len(BEST)
    assert not rows["is_winner"].any()


def test_a_tuning_at_work_has_what_the_store_has_by_now(tmp_path: Path) -> None:
    made = tuned(GRID, done=0)
    (first, second), (lost, failed) = (made["tuning"]["arms"][1]["configurations"][k]["trials"] for k in (0, 1))
    for place, trial in enumerate((first, second, lost, failed)):
        trial["trial_id"] = spec("good", 1001 + place).id
    save(tmp_path, made)
    finish(tmp_path, "good", 1001, val_loss=2.0)
    assert Analysis.of(tmp_path, "made-up").grid["tuning"]["arms"][1]["configurations"][0]["mean"] is None
    finish(tmp_path, "good", 1002, val_loss=2.2)
    finish(tmp_path, "good", 1003, val_loss=float("nan"))
    Store(tmp_path).begin(spec("good", 1004), HERE, "test")
    Store(tmp_path).fail(spec("good", 1004), HERE, "out of memory", "log")
    arm = Analysis.of(tmp_path, "made-up").grid["tuning"]["arms"][1]
    assert arm["configurations"][0]["mean"] == pytest.approx(2.1)
    assert arm["configurations"][0]["sd"] == pytest.approx(0.2 / 2**0.5)
    assert [trial["state"] for trial in arm["configurations"][1]["trials"]] == ["diverged", "failed"]
    assert arm["compute"]["trials"] == 3
    assert arm["compute"]["flops"] == 3 * 7404.0 * 4 * 8 * 100
    rows = read(tmp_path / "made-up" / TUNING).to_pylist()
    assert [row["state"] for row in rows if row["state"] != "missing"] == ["done", "done", "diverged", "failed"]
    report = render(make_report(tmp_path, "made-up"), "table")
    assert "the tuning is not complete: 2 of 15 configurations have ended" in report


def test_a_damaged_one_is_set_aside_and_made_again(tmp_path: Path) -> None:
    save(tmp_path, tuned(GRID))
    Analysis.of(tmp_path, "made-up")
    path = tmp_path / "made-up" / TUNING
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    (finding,) = tables(tmp_path)
    assert "`tinker report made-up` makes it again" in str(finding)
    assert not path.exists()
    Analysis.of(tmp_path, "made-up")
    assert path.read_bytes() == whole


def test_a_grid_that_tunes_nothing_has_none_and_loses_an_older_one(tmp_path: Path) -> None:
    save(tmp_path, tuned(GRID))
    Analysis.of(tmp_path, "made-up", keep=False)
    assert not (tmp_path / "made-up" / TUNING).exists()
    Analysis.of(tmp_path, "made-up")
    assert (tmp_path / "made-up" / TUNING).is_file()
    save(tmp_path, GRID)
    Analysis.of(tmp_path, "made-up")
    assert not (tmp_path / "made-up" / TUNING).exists()


def test_same_grid_same_bytes_and_committed_tables_have_it_too(tmp_path: Path) -> None:
    save(tmp_path, tuned(GRID))
    Analysis.of(tmp_path, "made-up")
    path = tmp_path / "made-up" / TUNING
    before = path.read_bytes()
    path.unlink()
    Analysis.of(tmp_path, "made-up")
    assert path.read_bytes() == before
    assert Analysis.read(tmp_path / "made-up").grid["tuning"] == tuned(GRID)["tuning"]


def test_only_what_has_numbers_and_is_searched_is_a_column() -> None:
    made = tuned(GRID)
    made["tuning"]["arms"][1]["space"] |= {
        "optimizer.betas": {"kind": "list", "values": [[0.9, 0.95], [0.9, 0.99]]},
        "model.heads": {"kind": "list", "values": [4, 8]},
        "model.qk_norm": {"kind": "list", "values": [True, False]},
        "schedule.min_lr": {"kind": "follows", "of": "optimizer.lr", "times": 0.1},
    }
    made["tuning"]["arms"][1]["configurations"][0]["params"] |= {"model.heads": 8, "optimizer.betas": [0.9, 0.95]}
    assert searched_numbers(made["tuning"]) == ["model.heads", "optimizer.lr"]
    rows = [row for row in tuning_rows(made) if row["arm"] == "good"]
    assert [row["params.model.heads"] for row in rows[:3]] == [8.0, 8.0, None]
    assert {key for row in rows for key in row} == set(schema.tuning(["optimizer.lr", "model.heads"]).names)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda arm: arm.update(winner=9),
            r"tuning\.arms\[1\] has a configuration twice, or a winner or tie that is none",
        ),
        (lambda arm: arm["configurations"].append(arm["configurations"][0]), "has a configuration twice"),
        (
            lambda arm: arm["space"].update(lr={"kind": "dice"}),
            r"arms\[1\]\.space should be an object of ranges, lists",
        ),
        (
            lambda arm: arm["configurations"][0]["params"].update(lr=float("nan")),
            r"params should be an object of plain",
        ),
        (
            lambda arm: arm["configurations"][0]["trials"][0].update(state="lost"),
            "state should be done, diverged, failed",
        ),
    ],
)
def test_a_tuning_that_is_none_is_refused_by_its_key(change: Any, said: str) -> None:
    made = tuned(GRID)
    change(made["tuning"]["arms"][1])
    with pytest.raises(UserError, match=said):
        checked(made, "here")
