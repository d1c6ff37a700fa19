"""Tests of pairs of runs with the same seed, and whether pairing pays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import fsum, sqrt, ulp
from statistics import fmean

from scipy.special import stdtrit

from tinker.stats.finite import demand_finite
from tinker.stats.moments import variance
from tinker.stats.noncentral_t import noncentrality
from tinker.stats.power import TARGET, minimum_detectable_effect
from tinker.stats.t_test import TTest


def paired(arm: Sequence[float], control: Sequence[float], alpha: float) -> TTest | None:
    """Two-sided t-test of the differences of aligned runs: place i of both sides has the same seed.

    None where no such test exists: fewer than two pairs, or differences that are equal but for rounding. Source:
    Student, Biometrika 6 (1908) 1-25.

    Raises:
        ValueError: a value is NaN or infinite, or the sides differ in length.
    """
    demand_finite(arm, control)
    differences = [a - c for a, c in zip(arm, control, strict=True)]
    n = len(differences)
    if n < 2 or max(differences) - min(differences) <= 2.0 * ulp(max(abs(value) for value in (*arm, *control))):
        return None
    return TTest.of(fmean(differences), sqrt(variance(differences) / n), n - 1, alpha)


def correlation(arm: Sequence[float], control: Sequence[float]) -> float | None:
    """Pearson's, of aligned runs; None below three pairs (two always lie on a line) or where a side has no variance.

    Raises:
        ValueError: a value is NaN or infinite, or the sides differ in length.
    """
    demand_finite(arm, control)
    pairs = list(zip(arm, control, strict=True))
    if len(pairs) < 3 or min(arm) == max(arm) or min(control) == max(control):
        return None
    mean, control_mean = fmean(arm), fmean(control)
    scale, control_scale = (sqrt(variance(side) * (len(side) - 1)) for side in (arm, control))
    r = fsum((a - mean) / scale * ((c - control_mean) / control_scale) for a, c in pairs)
    return max(-1.0, min(1.0, r))


@cache
def break_even(n: int, alpha: float = 0.05, target: float = TARGET) -> float | None:
    """The correlation between pairs at which pairing neither helps nor hurts; None below two pairs.

    There the t-test of n pairs finds the same smallest effect with probability `target` as Welch's of n runs a side.
    Below it the degrees of freedom that pairing gives away cost more than it gains. Against Student's test, which would
    take the variances for equal, pairing needs more correlation: .88, .56, .37, .28 for 2 to 5 pairs.
    """
    unpaired = minimum_detectable_effect(n, n, alpha, target)
    if unpaired is None:
        return None
    # The noncentrality of pairs is the effect times sqrt(n / 2) / sd / sqrt(1 - correlation). What the wrong tail adds
    # to the power is below 1e-5 of it.
    pairs = noncentrality(float(stdtrit(n - 1, 1.0 - alpha / 2.0)), n - 1, 1.0 - target)
    return 1.0 - n / 2.0 * (unpaired / pairs) ** 2
