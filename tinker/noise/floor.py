"""The noise floor: how far runs that differ in their seed alone lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from scipy.special import stdtrit

from tinker.stats.spread import sd_interval, sd_upper_limit

#: Numbers of seeds an arm for which the largest difference by chance is told.
SIZES = (1, 2, 3, 5, 8)
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Floor:
    """Spread of the runs, in the metric's unit.

    Attributes:
        sd: of single runs (ddof 1), with its 95 % chi-square interval `sd_low`, `sd_high`.
        sd_upper: one-sided upper 80 % limit of the true sd, which is what to plan with.
        cv: sd over the size of the mean; None where the mean is 0.
        chance: by number of seeds an arm, the difference of two means of equal arms that 95 % stay below.
    """

    n: int
    mean: float
    sd: float
    sd_low: float
    sd_high: float
    sd_upper: float
    cv: float | None
    least: float
    most: float
    chance: dict[int, float]

    @classmethod
    def of(cls, values: Sequence[float]) -> Floor:
        """Of two finite values or more.

        A difference of two means of n further runs, over sd * sqrt(2/n), has a t distribution with as many degrees of
        freedom as the sd: so `chance` counts in that the sd itself is only estimated.
        """
        n, mean, sd = len(values), fmean(values), stdev(values)
        interval = sd_interval(sd, n, CONFIDENCE)
        assert interval is not None, "two values have a spread"
        critical = float(stdtrit(n - 1, (1.0 + CONFIDENCE) / 2.0))
        chance = {size: critical * sd * sqrt(2.0 / size) for size in SIZES}
        upper = sd_upper_limit(sd, n - 1)
        cv = sd / abs(mean) if mean else None
        return cls(n, mean, sd, *interval, upper, cv, min(values), max(values), chance)
