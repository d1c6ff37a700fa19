"""Grids with a made-up tuning: one complete, with all that can be told of one, and one half-way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

STEPS = 100
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
SEEDS = (1001, 1002)
#: The rate at which each arm is best, a diverging rate above it, and the loss there.
BEST = {"baseline-v0": (1e-3, 1e-2, 1.9), "good": (1e-2, math.inf, 1.86), "bad": (3e-4, 3e-3, 1.95)}
Arms = Mapping[str, tuple[float, float, float]]


def tuning(arms: Arms = BEST, done: int | None = None, **changes: Any) -> dict[str, Any]:
    """`grid["tuning"]`: a grid of rates on two seeds; only `done` trials of each arm have a result, or all."""
    found = [_arm(name, *about, done) for name, about in arms.items()]
    return {
        "complete": done is None, "metric": "val_loss", "direction": "lower",
        "rule": "the lowest mean val_loss over the tuning seeds after 100 steps, on the tuning split",
        "trials": len(RATES), "seeds": [[seed, seed] for seed in SEEDS], "steps": STEPS,
        "search": {"type": "grid", "seed": None, "batch": None, "arguments": {}}, "prune": None,
        "declared": "0123456789ab", "arms": found, **changes,
    }  # fmt: skip


def tuned(grid: Mapping[str, Any], arms: Arms = BEST, done: int | None = None, **changes: Any) -> dict[str, Any]:
    """The grid after its tuning; half-way, with `done` trials an arm, it has no cells."""
    made = tuning(arms, done, **changes)
    values = {arm["name"]: arm["tuned"] or {} for arm in made["arms"]}
    seeds = dict(grid.get("seeds") or {}) | {"tuning": made["seeds"]}
    return {
        **grid,
        "seeds": seeds,
        "plan_history": [{**entry, "seeds": seeds, "tune": made["declared"]} for entry in grid.get("plan_history", ())],
        "arms": [arm | {"tuned": values.get(arm["name"], {})} for arm in grid["arms"]],
        "cells": grid["cells"] if made["complete"] else [],
        "tuning": made,
    }


def _arm(name: str, best: float, diverges: float, loss: float, done: int | None) -> dict[str, Any]:
    configurations, left = [], math.inf if done is None else done
    for number, rate in enumerate(RATES):
        trials = []
        for place, seed in enumerate(SEEDS):
            left -= 1
            distance = math.log10(rate / best) ** 2
            value = None if rate >= diverges else round(loss + 0.1 * distance + 0.002 * place, 6)
            state = "missing" if left < 0 else "diverged" if value is None else "done"
            trials.append(_trial(f"{name}{number}{seed}", seed, state, value if state == "done" else None))
        configurations.append(_tried(number, {"optimizer.lr": rate}, trials))
    means = {each["number"]: each["mean"] for each in configurations if each["mean"] is not None}
    winner = min(means, key=lambda number: means[number]) if done is None else None
    rate = None if winner is None else RATES[winner]
    end = {RATES[0]: "low", RATES[-1]: "high"}.get(rate or 0.0)
    said = f"optimizer.lr = {rate} is at the {end} end of what was tried: widen it"
    ran = [trial for each in configurations for trial in each["trials"] if trial["steps"] is not None]
    return {
        "name": name,
        "space": {"optimizer.lr": {"kind": "range", "low": RATES[0], "high": RATES[-1], "log": True, "int": False}},
        "configurations": configurations,
        "winner": winner,
        "tuned": None if winner is None else configurations[winner]["params"],
        "ties": [],
        "edges": [{"key": "optimizer.lr", "value": rate, "end": end, "said": said}] if end else [],
        "compute": {"configurations": len(RATES), "trials": len(ran)}
        | {key: sum(trial[key] for trial in ran) for key in ("steps", "seconds", "flops")},
    }


def _trial(name: str, seed: int, state: str, value: float | None) -> dict[str, Any]:
    cost: dict[str, Any] = {"steps": None, "seconds": None, "flops": None}
    if state != "missing":
        cost = {"steps": STEPS, "seconds": 2.0, "flops": 1e9}
    return {"rung": STEPS, "seed_init": seed, "seed_data": seed, "trial_id": f"{name:0>16}"[:16], "state": state,
            "value": value, **cost}  # fmt: skip


def _tried(number: int, params: dict[str, Any], trials: Sequence[dict[str, Any]]) -> dict[str, Any]:
    values = [trial["value"] for trial in trials if trial["value"] is not None]
    whole = len(values) == len(trials)
    return {
        "number": number, "batch": 0, "params": params, "rung": STEPS, "stopped": False, "trials": list(trials),
        "n": len(values), "mean": fmean(values) if whole else None, "sd": stdev(values) if whole else None,
    }  # fmt: skip
