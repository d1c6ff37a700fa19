"""Was what decides declared before the results? The rule, the seeds and the arms, each with its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any


def edited(grid: Mapping[str, Any]) -> str:
    """Why the grid in force (`grid.json`) cannot count as declared before its results; empty if it can."""
    late = rule_edited(grid["rule_hash"], grid["rule_history"])
    return late or plan_edited(grid.get("plan_history", ()), grid["decide"].get("looks") == "anytime")


def rule_edited(rule_hash: str, history: Sequence[Mapping[str, Any]]) -> str:
    """Why the rule in force was not declared before the results; empty if it was.

    An entry's `results_existed` is about the arms: a shared control that has run by itself shows no effect. After
    results even the first rule of a grid is late, since the arms' trials may have run for another grid. Going back to a
    rule that had been declared in time is no edit. It is null where tinker cannot know: runs from elsewhere.
    """
    for place, entry in enumerate(history):
        if entry["hash"] == rule_hash:
            done = "changed" if place else "declared"
            late = f"the decision rule was {done} on {entry['time']}, when results of the arms existed already"
            return late if entry["results_existed"] else ""
    return "the decision rule in force is not in the grid's record of declared rules"


def plan_edited(history: Sequence[Mapping[str, Any]], may_grow: bool = False) -> str:
    """Why the seeds and arms in force were not declared before the results; empty if they were.

    More seeds after a look, fewer of them, or fewer arms to correct for: each lets the results choose what is tested.
    An arm that is added is tested on runs of its own, and makes the correction of the others stricter: no edit. Under a
    rule that holds after any number of seeds they `may_grow`. An empty history is that of an older record.
    """
    if not history:
        return ""
    now, in_time = history[-1]["seeds"], [entry["seeds"] for entry in history if not entry["results_existed"]]
    late = next(entry for entry in history if entry["seeds"] == now)
    if late["results_existed"] and not any(seeds == now or (may_grow and _grown(seeds, now)) for seeds in in_time):
        done = "changed" if late is not history[0] else "declared"
        return f"the seeds were {done} on {late['time']}, when results of the arms existed already"
    arms = history[-1]["arms"]
    dropped = {
        name
        for before, after in pairwise(history)
        if after["results_existed"]
        for diff, name in before["arms"].items()
        if diff not in arms
    }
    return f"taken out after results of the arms existed: {', '.join(sorted(dropped))}" if dropped else ""


def _grown(then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether seeds were only added, and on both sides alike: other shares would make other blocks of the same runs."""
    alike = len(then["arms"]) * len(now["control"]) == len(now["arms"]) * len(then["control"])
    return alike and all(now[side][: len(then[side])] == then[side] for side in ("arms", "control"))
