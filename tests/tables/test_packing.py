"""Trials that shared their machine are marked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tinker.tables.packing import Stay, mark_packed

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


def _row(start: float, end: float, *places: str) -> dict[str, Any]:
    times = {"started": START + timedelta(seconds=start), "finished": START + timedelta(seconds=end)}
    return {**times, "environment_class": "one", "places": [*places]}


def test_many_short_neighbours_count_together() -> None:
    assert _packed((0, 100), *((second, second + 2) for second in range(0, 100, 4)), machines="a" * 26)[0]


def test_hosts_of_one_environment_class_are_told_apart() -> None:
    rows = [_row(0, 10, "host1"), _row(0, 10, "host2"), _row(5, 10, "host1")]
    mark_packed(rows)
    assert [row["packed"] for row in rows] == [True, False, True]


def test_cards_of_one_host_are_told_apart_and_one_on_several_meets_each() -> None:
    rows = [_row(0, 10, "card1"), _row(0, 10, "card2"), _row(20, 30, "card1", "card2"), _row(20, 30, "card2")]
    mark_packed(rows)
    assert [row["packed"] for row in rows] == [False, False, True, True]


def test_a_trial_of_another_grid_is_a_neighbour_and_no_row() -> None:
    rows = [_row(0, 10, "host1"), _row(20, 30, "host1")]
    other = Stay("host1", START, START + timedelta(seconds=10))
    mark_packed(rows, [other])
    assert [row["packed"] for row in rows] == [True, False]


def test_without_times_nothing_is_said() -> None:
    rows: list[dict[str, Any]] = [{"status": "missing"}]
    mark_packed(rows)
    assert "packed" not in rows[0]
