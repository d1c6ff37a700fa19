"""What a grid's runs have spent of its budget, and what was not run because it ran out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tinker.report.not_run import in_words
from tinker.report.numbers import magnitude

Row = Mapping[str, Any]
#: What can run out, in the order in which it is named.
KEYS = ("hours", "usd", "flops", "trials")


def of_budget(grid: Mapping[str, Any], trials: Sequence[Row], spared: Collection[str] = ()) -> list[str]:
    """From `grid.json` and trials.parquet; nothing of a grid without a budget. `spared` are trials not needed."""
    budget, spent, gone = grid.get("budget"), grid.get("spent"), used_up(grid)
    if not budget or spent is None:
        return []
    left = [
        (row["arm"], (row["seed_init"], row["seed_data"]))
        for row in trials
        if row["status"] not in ("done", "diverged", "failed") and row["trial_id"] not in spared
    ]
    limits = ", ".join(f"{key} {_number(budget[key])}" for key in KEYS if key in budget)
    said = f"spent: {_spent(spent, bool(grid.get('rented')))}" + (f", of a budget of {limits}" if limits else "")
    if gone is None or not left:
        return [said]
    which = in_words(left, [arm["name"] for arm in grid["arms"]])
    return [f"this grid is incomplete: not run: {which} ({gone})", said]


def used_up(grid: Mapping[str, Any]) -> str | None:
    """`budget.hours 3 used up`; None while something is left of each key."""
    budget, spent = grid.get("budget") or {}, grid.get("spent") or dict.fromkeys(KEYS)
    gone = [f"budget.{key} {_number(budget[key])}" for key in KEYS if key in budget and _gone(budget[key], spent[key])]
    return f"{' and '.join(gone)} used up" if gone else None


def _gone(limit: float, used: float | None) -> bool:
    return used is not None and used >= limit


def _spent(spent: Mapping[str, Any], rented: bool) -> str:
    """Where machines were rented, what was paid for them is said beside it."""
    price = " by budget.usd_per_hour" * rented
    money = [] if spent["usd"] is None else [f"${spent['usd']:.2f}{price}"]
    trials = f"{spent['trials']} trial{'s' if spent['trials'] != 1 else ''}"
    return ", ".join([f"{spent['hours']:.3g} h", *money, trials, f"{magnitude(spent['flops'])} FLOPs"])


def _number(value: float) -> str:
    return f"{value:g}" if value < 1e6 else magnitude(value)
