"""A tuning at work, with what has ended since `grid.json` told of it: a driver writes that rarely."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from statistics import fmean, stdev
from typing import Any

from tinker.store.record import StoredTrial
from tinker.store.store import Store


def so_far(grid: Mapping[str, Any], store: Store) -> dict[str, Any]:
    """The grid with the results that the store has of its tuning trials; which of them won is for the driver to say."""
    tuning = grid.get("tuning")
    if tuning is None or tuning["complete"] or not store.layout.trials.is_dir():
        return dict(grid)
    made = json.loads(json.dumps(tuning))  # a copy in which nothing is shared
    tried = [each for arm in made["arms"] for each in arm["configurations"]]
    open_ = {t["trial_id"]: t for each in tried for t in each["trials"] if t["state"] == "missing"}
    for row in store.rows(open_.keys()):
        if row.environment_class == grid.get("environment_class"):
            open_[row.trial_id].update(_ended(row, made["metric"]))
    for each in tried:
        _sum_up(each)
    for arm in made["arms"]:
        arm["compute"] = _compute(arm)
    return {**grid, "tuning": made}


def _ended(row: StoredTrial, metric: str) -> dict[str, Any]:
    """What became of a trial, as a driver would write it; nothing where it has not ended."""
    result, config = row.result, row.spec.config
    if result is None:
        return {"state": "failed"} if row.status.state == "failed" else {}
    value, tokens = result["metrics"].get(metric), config["train"]["batch_size"] * config["model"]["context"]
    done = result["status"] == "done" and value is not None and math.isfinite(value)
    return {
        "state": "done" if done else "diverged",
        "value": value if done else None,
        "steps": result["steps"],
        "seconds": result["metrics"].get("seconds"),
        "flops": result["flops_per_token"] * tokens * result["steps"],
    }


def _compute(arm: Mapping[str, Any]) -> dict[str, Any]:
    """What the arm got: per configuration and seed its furthest rung that has a result."""
    found = {}
    for each in arm["configurations"]:
        for trial in sorted(each["trials"], key=lambda trial: int(trial["rung"])):
            if trial["steps"] is not None:
                found[each["number"], trial["seed_init"], trial["seed_data"]] = trial
    sums = {key: sum(trial[key] or 0 for trial in found.values()) for key in ("steps", "seconds", "flops")}
    return {"configurations": len(arm["configurations"]), "trials": len(found), **sums}


def _sum_up(each: dict[str, Any]) -> None:
    """A configuration's number of seeds, mean and sd at its last rung."""
    runs = [trial["value"] for trial in each["trials"] if trial["rung"] == each["rung"]]
    values = [value for value in runs if value is not None]
    whole = len(values) == len(runs) and values != []
    mean, sd = fmean(values) if whole else None, stdev(values) if whole and len(values) > 1 else None
    each.update(n=len(values), mean=mean, sd=sd)
