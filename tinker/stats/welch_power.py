"""Exact power of the Welch test that tinker ships, both sides having the same true sd.

Welch's test estimates its degrees of freedom from the sample, which costs power where seeds are few. Given B, the arm's
part of the sum of squares, the statistic is a noncentral t times a constant and the critical value is known; B follows
a beta distribution. So the power is a mean of noncentral t probabilities, here by Gauss-Jacobi quadrature. Derived
like the exact size of Welch's test in Wang, Journal of the American Statistical Association 66 (1971) 605-608.
"""

from __future__ import annotations

from functools import cache
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import nctdtr, roots_jacobi, stdtrit

from tinker.stats.welch import degrees_of_freedom

Array = npt.NDArray[np.float64]

#: Points of the quadrature: power is good to 1e-4, the kink of the bound on df included.
POINTS = 48


def welch_power(effect: float, n_arm: int, n_control: int, alpha: float) -> float:
    """Probability that a true difference of `effect` sd gives p <= alpha. Both sides have two runs or more."""
    weights, critical = _critical(n_arm, n_control, alpha)
    centre = abs(effect) / sqrt(1.0 / n_arm + 1.0 / n_control)
    df = n_arm + n_control - 2
    return float(weights @ (1.0 - _below(df, centre, critical) + _below(df, centre, -critical)))


@cache
def _critical(n: int, m: int, alpha: float) -> tuple[Array, Array]:
    """Weights of the points of B, and the critical values there on the scale of the pooled t."""
    points, weights = roots_jacobi(POINTS, (m - 3) / 2.0, (n - 3) / 2.0)
    part = (points + 1.0) / 2.0
    share, control_share = part / (n * (n - 1)), (1.0 - part) / (m * (m - 1))
    total = share + control_share
    df = np.array([degrees_of_freedom(float(each), n, m) for each in share / total])
    scale = np.sqrt((n + m - 2) * total / (1.0 / n + 1.0 / m))
    return weights / weights.sum(), stdtrit(df, 1.0 - alpha / 2.0) * scale


def _below(df: int, centre: float, t: Array) -> Array:
    """P(T < t); scipy gives NaN at scattered points of both far tails."""
    with np.errstate(all="ignore"):
        value = nctdtr(df, centre, t)
    return np.where(np.isnan(value), t > centre, value)
