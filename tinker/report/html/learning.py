"""Learning curves out of curves.parquet: for each arm the mean over its seeds, and the lowest and highest seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

#: More points than this are not seen in a panel of 300 pixels.
POINTS = 60


@dataclass(frozen=True)
class Curve:
    """Of one arm, step by step: only steps at which all its finished runs have a value."""

    steps: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    runs: int


def learning(curves: pa.Table, trials: Sequence[Mapping[str, Any]], metric: str) -> dict[str, Curve]:
    """By arm, of the finished ones among `trials`; an arm without a curve is left out."""
    of_arm = {row["trial_id"]: row["arm"] for row in trials if row["status"] == "done"}
    wanted = pc.and_(pc.equal(curves["metric"], metric), pc.is_in(curves["trial_id"], pa.array(of_arm, pa.string())))
    found: dict[str, dict[str, dict[int, float]]] = {}
    for point in curves.filter(wanted).select(["trial_id", "step", "value"]).to_pylist():
        if point["value"] is not None and isfinite(point["value"]):
            arm, trial = of_arm[point["trial_id"]], point["trial_id"]
            found.setdefault(arm, {}).setdefault(trial, {})[point["step"]] = point["value"]
    made = {arm: _curve(list(runs.values())) for arm, runs in found.items()}
    return {arm: curve for arm, curve in made.items() if len(curve.steps) > 1}


def _curve(runs: Sequence[Mapping[int, float]]) -> Curve:
    steps = _thinned(sorted(set(runs[0]).intersection(*runs)))
    values = [[run[step] for run in runs] for step in steps]
    return Curve(tuple(steps), tuple(map(fmean, values)), tuple(map(min, values)), tuple(map(max, values)), len(runs))


def _thinned(steps: Sequence[int]) -> list[int]:
    """At most `POINTS` of them, evenly spread, the first and the last among them."""
    if len(steps) <= POINTS:
        return list(steps)
    return [steps[round(k * (len(steps) - 1) / (POINTS - 1))] for k in range(POINTS)]
