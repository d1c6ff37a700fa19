"""looks.parquet remembers every look, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.stats.made_up import ALL, RULE, row
from tinker.errors import UserError
from tinker.report.notes import of_looks
from tinker.stats.compare import compare
from tinker.stats.rule import Rule
from tinker.tables.looks import LOOKS, read_looks, record_looks

START = datetime(2026, 1, 1, tzinfo=UTC)


def _compared(done: int, rule: Rule = RULE, planned: int = 4) -> list[dict[str, Any]]:
    trials = [
        row(
            arm,
            seed,
            2.0 + shift + 0.001 * seed**2 if seed < done else None,
            status="done" if seed < done else "pending",
        )
        for arm, shift in (("control", 0.0), ("arm", 0.0003))
        for seed in range(planned)
    ]
    return [ALL | found for found in compare(trials, ["val_loss"], rule)]


def test_each_look_is_there_once_and_the_control_has_none(tmp_path: Path) -> None:
    assert record_looks(tmp_path, _compared(0), START) == []
    assert not (tmp_path / LOOKS).exists(), "without results there was nothing to see"
    for hour, done in enumerate((2, 2, 3, 3, 4, 4)):
        record_looks(tmp_path, _compared(done), START + timedelta(hours=hour))
    found = read_looks(tmp_path)
    assert [(look["arm"], look["kind"], look["n"]) for look in found] == [
        ("arm", "peek", 2),
        ("arm", "peek", 3),
        ("arm", "end", 4),
    ]
    assert [look["time"].hour for look in found] == [0, 2, 4]
    assert found[0]["verdict"] == "exploratory"


def test_a_report_made_twice_leaves_the_same_bytes(tmp_path: Path) -> None:
    record_looks(tmp_path, _compared(3), START)
    before = (tmp_path / LOOKS).read_bytes()
    record_looks(tmp_path, _compared(3), START + timedelta(days=1))
    assert (tmp_path / LOOKS).read_bytes() == before


def test_declared_looks_are_told_from_peeks(tmp_path: Path) -> None:
    rule = replace(RULE, min_effect=1e-5, looks=(2, 4), hash="with looks")
    for done in range(1, 5):
        record_looks(tmp_path, _compared(done, rule), START + timedelta(hours=done))
    kinds = [(look["kind"], look["look"], look["n"]) for look in read_looks(tmp_path)]
    assert kinds == [("look", 2, 2), ("look", 4, 4)]


def test_the_report_says_how_often_results_were_seen_early(tmp_path: Path) -> None:
    for hour, done in enumerate((2, 3, 4)):
        record_looks(tmp_path, _compared(done), START + timedelta(hours=hour))
    assert of_looks(read_looks(tmp_path)) == [
        "looked at 2 times before it was time (first on 2026-01-01 00:00 UTC): no verdict was given there, so it cost"
        " none"
    ]
    assert of_looks([]) == []


def test_a_damaged_table_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / LOOKS).write_bytes(b"PAR1 no more")
    with pytest.raises(UserError, match=r"looks\.parquet is not a Parquet file"):
        record_looks(tmp_path, _compared(3), START)
