"""Faults to put into made-up tables, and their harmless neighbours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.review.made_up import CONTROL, WORDS, Change, Row, Tables
from tests.tables.made_up import spec

ALL = tuple(WORDS)
OTHER = json.dumps({"model": "zzz", "tinker.train": "bbb"})


def put(arm: str, *seeds: int, **values: Any) -> Change:
    """Changes the rows of that arm and these seeds, or all of its rows."""

    def change(tables: Tables) -> None:
        for one in tables.of(arm):
            if not seeds or one["seed_init"] in seeds:
                one.update(values)

    return change


def both(*changes: Change) -> Change:
    """One after the other."""
    return lambda tables: [change(tables) for change in changes]


def losses(arm: str, *values: float) -> Change:
    """The validation losses of seeds 1, 2, ..."""
    return both(*(put(arm, seed, val_loss=value) for seed, value in enumerate(values, 1)))


def everywhere(**values: Any) -> Change:
    """In every row."""
    return both(*(put(arm, **values) for arm in (CONTROL, *ALL)))


def rule_after_results(tables: Tables) -> None:
    tables.declare(min_effect=0.005)
    tables.grid["rule_history"][-1]["results_existed"] = True


def plan(**changes: Any) -> Change:
    """Another plan after results of the arms."""

    def change(tables: Tables) -> None:
        history = tables.grid["plan_history"]
        tables.grid["plan_history"] = [*history, {**history[-1], "results_existed": True, **changes}]

    return change


def added(arm: str) -> Change:
    """An arm that the first plan did not have, after results of the others."""

    def change(tables: Tables) -> None:
        (first,) = tables.grid["plan_history"]
        before = {key: name for key, name in first["arms"].items() if name != arm}
        tables.grid["plan_history"] = [{**first, "arms": before}, {**first, "results_existed": True}]

    return change


def imported(tables: Tables) -> None:
    """Runs from elsewhere, of which less is known."""
    tables.grid |= {"imported": "runs.csv", "import_history": [{"time": "2026-01-01", "runs": 25}], "import_notes": []}
    tables.grid["rule_history"][0]["results_existed"] = None
    everywhere(code_modules=None, source="runs.csv", git_commit=None)(tables)


def declared(**changes: Any) -> Change:
    return lambda tables: tables.declare(**changes)


def decide_by_hand(tables: Tables) -> None:
    tables.grid["decide"] = {**tables.grid["decide"], "min_effect": 0.001}


def tuned(*seeds: int) -> Change:
    return lambda tables: tables.grid["seeds"].update(tuning=[[seed, seed] for seed in seeds])


def moved(arm: str, old: int, new: int) -> Change:
    """One seed of an arm is another, as planned."""

    def change(tables: Tables) -> None:
        for one in [*tables.of(arm), *(cell for cell in tables.grid["cells"] if cell["arm"] == arm)]:
            if one["seed_init"] == old:
                one.update(seed_init=new, seed_data=new, trial_id=spec(arm, new).id)

    return change


def without(arm: str, *seeds: int) -> Change:
    return lambda t: t.rows.__setitem__(slice(None), [r for r in t.rows if not _is(r, arm, seeds)])


def _is(one: Row, arm: str, seeds: Iterable[int]) -> bool:
    return one["arm"] == arm and one["seed_init"] in seeds


def wide(center: float, part: float) -> list[float]:
    """Five losses with that sd over their mean, the first two alike."""
    step = part * center * 2**0.5
    return [center, center, center + step, center - step, center]
