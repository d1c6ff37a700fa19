"""Was what decides declared before the results? The rule, the seeds and the arms, each with its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any


def edited(grid: Mapping[str, Any]) -> str:
    """Why the grid in force (`grid.json`) cannot count as declared before its results; empty if it can."""
    late = rule_edited(grid["rule_hash"], grid["rule_history"])
    looks = grid["decide"].get("looks")
    # A file from elsewhere holds the runs that are there: the looks that a rule declares are one import after another.
    may_grow = looks == "anytime" or bool(looks and grid.get("imported"))
    return late or plan_edited(grid.get("plan_history", ()), may_grow)


def rule_edited(rule_hash: str, history: Sequence[Mapping[str, Any]]) -> str:
    """Why the rule in force was not declared before the results; empty if it was.

    Declared in time is the last rule before the arms of the grid had any result (or, of runs from elsewhere, before
    what nobody here knows: null). Going back to it is no edit; going back to an earlier one is, for several rules to
    choose from are no rule. After results even the first rule of a grid is late, since the arms' trials may have run
    for another grid.
    """
    in_time = _in_time(history)
    if in_time is not None and in_time["hash"] == rule_hash:
        return ""
    entry = next((entry for entry in reversed(history) if entry["hash"] == rule_hash), None)
    if entry is None:
        return "the decision rule in force is not in the grid's record of declared rules"
    done = "changed" if entry is not history[0] else "declared"
    return f"the decision rule was {done} on {entry['time']}, when results of the arms existed already"


def plan_edited(history: Sequence[Mapping[str, Any]], may_grow: bool = False) -> str:
    """Why the seeds, arms, tuning and shared config in force were not declared before the results; empty if they were.

    More seeds after a look, fewer of them, fresh ones, fewer arms to correct for, another base: each lets the results
    choose what is tested. Under a rule that holds after any number of seeds they `may_grow`. An empty history is that
    of an older record. Of arms that are `added` later the report says so.
    """
    if not history:
        return ""
    now, in_time = history[-1], _in_time(history)
    if in_time is None:
        return f"the seeds were declared on {now['time']}, when results of the arms existed already"
    if "runs" in now:
        late = _runs_edited(history, may_grow)
        if late:
            return late
    elif now["seeds"] != in_time["seeds"] and not (may_grow and _grown(in_time["seeds"], now["seeds"])):
        return f"the seeds were changed on {now['time']}, when results of the arms existed already"
    if now.get("control") != in_time.get("control") and in_time.get("control") is not None:
        return f"what all arms share was changed on {now['time']}, when results of the arms existed already"
    if now.get("tune") != in_time.get("tune"):
        return f"the tuning was changed on {now['time']}, when results of the arms existed already"
    if now.get("winners"):
        late = _winners_edited(history)
        if late:
            return late
    if now.get("control_left_out"):
        left_out = ", ".join(now["control_left_out"])
        return f"the control's seeds were chosen among runs that existed: it had run with {left_out} too"
    compared = [entry for entry in history if entry.get("winners") != {}]  # else not tuned yet, and nothing was
    dropped = {
        name
        for before, after in pairwise(compared)
        if after["results_existed"]
        for diff, name in before["arms"].items()
        if diff not in now["arms"]
    }
    return f"taken out after results of the arms existed: {', '.join(sorted(dropped))}" if dropped else ""


def _winners_edited(history: Sequence[Mapping[str, Any]]) -> str:
    """Why what won the tuning is not what was first compared. Arms that came or went since then are not looked at."""
    now = history[-1]
    then = next((entry for entry in reversed(history) if entry.get("winners") and not entry["results_existed"]), None)
    when = f"on {now['time']}, when results of the arms existed already"
    if then is None:
        return f"what won the tuning became known {when}"
    other = {*then["arms"]} ^ {*now["arms"]}
    both = {*then["winners"], *now["winners"]} - other
    changed = sorted(arm for arm in both if then["winners"].get(arm) != now["winners"].get(arm))
    names = ", ".join(now["arms"].get(arm, "the control") for arm in changed)
    return f"what won the tuning of {names} changed {when}" if changed else ""


def _runs_edited(history: Sequence[Mapping[str, Any]], may_grow: bool) -> str:
    """Why runs from elsewhere, whose arms may have unlike seeds, are not those that were there at first.

    The plan of an arm is what it and the control beside it had when it first came. What was tuned on stays tuned on.
    """
    now = history[-1]
    when = f"on {now['time']}, when results of the arms existed already"
    control = next((arm for arm in now["runs"] if arm not in now["arms"].values()), "")
    for arm in sorted(now["arms"].values()):
        plans = [entry["runs"] for entry in history if arm in entry.get("runs", ())] or [{}]
        both = (plans[0], now["runs"])
        then, there = ({"arms": runs.get(arm, []), "control": runs.get(control, [])} for runs in both)
        if then != there and not (may_grow and _grown(then, there)):
            return f"the seeds of {arm}, or of {control} beside it, were changed {when}"
    tuned = now["seeds"].get("tuning", ())
    forgotten = any(seed not in tuned for entry in history for seed in entry["seeds"].get("tuning", ()))
    return f"the seeds that were tuned on were changed {when}" if forgotten else ""


def added(history: Sequence[Mapping[str, Any]]) -> list[str]:
    """Arms that were declared when others had results already; an older record knows of none."""
    in_time = _in_time(history)
    if in_time is None:
        return []
    return [name for diff, name in history[-1]["arms"].items() if diff not in in_time["arms"]]


def _in_time(history: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What was in force when the first result came: the last entry from before any."""
    return next((entry for entry in reversed(history) if not entry["results_existed"]), None)


def _grown(then: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether seeds were only added, and on both sides alike: other shares would make other blocks of the same runs."""
    alike = len(then["arms"]) * len(now["control"]) == len(now["arms"]) * len(then["control"])
    return alike and all(now[side][: len(then[side])] == then[side] for side in ("arms", "control"))
