"""Effects at equal cost, read off the learning curves: at equal training FLOPs, at equal seconds, per parameter.

Caution for whoever shows these. A run that is read before its end has not finished its schedule: its learning rate has
not decayed, and its loss would have been lower had it been planned for that budget. So the reading is pessimistic for
the side that costs more, and only a grid that trains each arm for the same budget settles it. Seconds of trials that
shared their machine are not their own; the caller leaves those out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinker.stats.cautions import SAME_SIZE
from tinker.stats.t_test import TTest
from tinker.stats.welch import welch

Numbers = Sequence[float] | NDArray[Any]


@dataclass(frozen=True)
class Curve:
    """One metric of one trial at its evaluations: steps, the value at each, and the seconds trained until each.

    Sequences or arrays: of thousands of trials they are slices of the columns of a table.
    """

    steps: Numbers
    values: Numbers
    seconds: Numbers | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.steps), len(self.values), len(self.steps if self.seconds is None else self.seconds)}
        if len(lengths) > 1 or not len(self.steps):
            raise ValueError("a curve has a step, a value and, if any, the seconds of each of its evaluations")


def value_at(curve: Curve, costs: Numbers, budget: float) -> float | None:
    """The metric where the cost reaches `budget`, on straight lines between evaluations.

    None before the first evaluation and after the last one (nothing is extrapolated), where a value beside the budget
    is not finite, and where the costs do not rise from evaluation to evaluation (a clock that started again).

    Args:
        curve: of the trial.
        costs: of the training until each of its evaluations, in the unit of `budget`.
        budget: what may be spent.
    """
    if not costs[0] <= budget <= costs[-1] or not rising(costs):
        return None
    after = bisect_left(costs, budget)
    value = float(curve.values[after])
    if costs[after] != budget:
        below, above, before = float(costs[after - 1]), float(costs[after]), float(curve.values[after - 1])
        part = (budget - below) / (above - below)
        value = (1.0 - part) * before + part * value
    return value if isfinite(value) else None


def rising(costs: Numbers) -> bool:
    """Whether each is above the one before."""
    known = np.asarray(costs)
    return bool((known[1:] > known[:-1]).all())


def at_equal_flops(
    arm: Sequence[tuple[Curve, float]], control: Sequence[tuple[Curve, float]], alpha: float
) -> TTest | None:
    """Welch's test of the values that the runs had when each had spent the FLOPs of the cheapest of them.

    A side is its finished runs' curves, each with its FLOPs a step. None where a run cannot be read at that budget
    (`value_at`), since leaving it out would choose among the runs, and where `welch` has no test.
    """
    sides = [[(curve, flops * np.asarray(curve.steps)) for curve, flops in side] for side in (arm, control)]
    return _at_least_total(sides[0], sides[1], alpha)


def at_equal_seconds(arm: Sequence[Curve], control: Sequence[Curve], alpha: float) -> TTest | None:
    """Likewise at the seconds of the fastest run; None, too, where a curve has no seconds.

    The seconds are of runs that had their machine to themselves, on equal hardware.
    """
    sides = [[(curve, curve.seconds) for curve in side if curve.seconds is not None] for side in (arm, control)]
    if len(sides[0]) < len(arm) or len(sides[1]) < len(control):
        return None
    return _at_least_total(sides[0], sides[1], alpha)


def per_percent_parameters(difference: float, params_ratio: float) -> float | None:
    """The difference for each 1 % of parameters that the arm has more than the control, in the metric's unit.

    None where the sizes differ by less than 1 %. An arm with fewer parameters divides by a negative number: a positive
    result then says that it saved parameters and lowered the value.
    """
    more = params_ratio - 1.0
    return difference / (100.0 * more) if abs(more) > SAME_SIZE else None


Run = tuple[Curve, Numbers]


def _at_least_total(arm: Sequence[Run], control: Sequence[Run], alpha: float) -> TTest | None:
    if not arm or not control:
        return None
    budget = min(float(costs[-1]) for _, costs in (*arm, *control))
    read = [[value_at(curve, costs, budget) for curve, costs in side] for side in (arm, control)]
    known = [[value for value in side if value is not None] for side in read]
    return welch(known[0], known[1], alpha) if known == read else None
