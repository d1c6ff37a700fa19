"""Late changes of what decides are seen: of the rule, of the seeds, of the arms to correct for."""

from __future__ import annotations

from typing import Any

import pytest

from tinker.stats.declared import edited, plan_edited


def _entry(seeds: int, existed: bool, *arms: str, control: int | None = None, time: str = "today") -> dict[str, Any]:
    plan = [[k, k] for k in range(1, seeds + 1)]
    other = [[k, k] for k in range(1, (control or seeds) + 1)]
    return {
        "seeds": {"arms": plan, "control": other, "tuning": []},
        "arms": {f"hash of {arm}": arm for arm in arms or ("a",)},
        "time": time,
        "results_existed": existed,
    }


@pytest.mark.parametrize(
    "history",
    [
        [],
        [_entry(3, False)],
        [_entry(3, False), _entry(5, False)],
        [_entry(3, False, "a"), _entry(3, True, "a", "b")],
        [_entry(3, False, "a", "b"), _entry(3, False, "a"), _entry(3, True, "a", "c")],
        [_entry(3, False), _entry(5, True), _entry(3, True)],
    ],
    ids=["an older record", "as declared", "in time", "an arm more", "an arm less in time", "there and back"],
)
def test_what_is_declared_in_time_is_no_edit(history: list[dict[str, Any]]) -> None:
    assert plan_edited(history) == ""


@pytest.mark.parametrize("seeds", [2, 4])
def test_seeds_that_change_after_results_are_seen(seeds: int) -> None:
    said = plan_edited([_entry(3, False), _entry(seeds, True, time="2026-02-03")])
    assert said == "the seeds were changed on 2026-02-03, when results of the arms existed already"


def test_more_seeds_of_the_control_alone_are_seen_too() -> None:
    assert "the seeds were changed" in plan_edited([_entry(3, False), _entry(3, True, control=9)])


def test_arms_that_go_after_results_are_seen_and_a_new_name_is_no_new_arm() -> None:
    renamed = _entry(3, True, "a", "b")
    renamed["arms"]["hash of b"] = "better-name"
    assert plan_edited([_entry(3, False, "a", "b"), renamed]) == ""
    said = plan_edited([_entry(3, False, "a", "b", "c"), _entry(3, True, "a")])
    assert said == "taken out after results of the arms existed: b, c"


def test_under_a_rule_that_may_be_asked_always_seeds_may_grow_on_both_sides_alike() -> None:
    for grown, allowed in ((_entry(6, True), True), (_entry(2, True), False), (_entry(6, True, control=12), False)):
        assert (plan_edited([_entry(3, False), grown], may_grow=True) == "") == allowed
        grid = {
            "rule_hash": "r",
            "rule_history": [{"hash": "r", "time": "then", "results_existed": False}],
            "plan_history": [_entry(3, False), grown],
        }
        assert (edited({**grid, "decide": {"looks": "anytime"}}) == "") == allowed
        assert "the seeds were changed" in edited({**grid, "decide": {}})
