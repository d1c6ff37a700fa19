"""The winner's curse: the best of several learning rates, tested on the seeds that chose it and on fresh ones.

Alpha is .10, so that a false "better" has .05: the other .05 is of "worse", which a winner hardly gets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from statistics import fmean

from numpy.random import Generator

from benchmarks.calibration.grids import ERROR, SHARP, finished, normal
from benchmarks.calibration.simulate import Setting

RULE = replace(SHARP, alpha=0.10)


def winner(rng: Generator, rates: int, seeds: int) -> Mapping[str, float]:
    """Nothing differs, between the rates neither."""
    tuned = normal(rng, [1.0] * (rates + 1), seeds)
    fresh = normal(rng, [1.0, 1.0], seeds)
    control = tuned.pop("control")
    best = min(tuned.values(), key=fmean)
    return {
        "better on tuning seeds": _better(control, best),
        "better on fresh seeds": _better(fresh["control"], fresh["1"]),
    }


def _better(control: list[float], best: list[float]) -> bool:
    return bool(finished({"control": control, "1": best}, RULE)["1"]["verdict"] == "better")


def _setting(rates: int, flattered: float) -> Setting:
    bounds = {"better on tuning seeds": (flattered - 0.02, flattered + 0.02), "better on fresh seeds": ERROR}
    return Setting("tuning", f"best of {rates} rates, n=5", partial(winner, rates=rates, seeds=5), bounds, 10_000)


SETTINGS = [_setting(5, 0.145), _setting(9, 0.20)]
