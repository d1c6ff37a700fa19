"""Trials that shared their machine are marked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tinker.tables.packing import mark_packed

START = datetime(2026, 1, 1, tzinfo=UTC)


def _packed(*spans: tuple[float, float], machines: str = "aaa") -> list[bool | None]:
    rows: list[dict[str, Any]] = [
        {
            "started": START + timedelta(seconds=a),
            "finished": START + timedelta(seconds=b),
            "environment_class": machine,
        }
        for (a, b), machine in zip(spans, machines, strict=False)
    ]
    mark_packed(rows)
    return [row["packed"] for row in rows]


def test_one_after_the_other_is_not_packed_even_if_the_ledger_crosses_a_little() -> None:
    assert _packed((0, 10), (10, 20), (19.5, 30)) == [False, False, False]


def test_side_by_side_is_packed() -> None:
    assert _packed((0, 10), (5, 15), (20, 30)) == [True, True, False]


def test_a_long_trial_beside_a_short_one_is_judged_by_its_own_time() -> None:
    assert _packed((0, 100), (50, 55)) == [False, True]


def test_a_neighbour_that_began_long_before_counts() -> None:
    assert _packed((0, 100), (10, 40), (50, 60)) == [True, True, True]


def test_another_machine_does_not_matter() -> None:
    assert _packed((0, 10), (0, 10), machines="ab") == [False, False]


def test_without_times_nothing_is_said() -> None:
    rows: list[dict[str, Any]] = [{"status": "missing"}]
    mark_packed(rows)
    assert "packed" not in rows[0]
