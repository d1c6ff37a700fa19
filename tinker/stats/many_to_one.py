"""Distribution of the largest |t| of several arms against one control: what Dunnett's test needs.

With a common sd the t of arm i is (sqrt(1 - l_i^2) Y_i - l_i Y_0) / S: Y_i and Y_0 independent standard normal, S the
pooled sd over the true one, l_i = sqrt(n_i / (n_i + n_0)). Given Y_0 and S the arms are independent, which leaves a
double integral. Source: Dunnett, Journal of the American Statistical Association 50 (1955) 1096-1121.

Both integrals are sums over equidistant nodes, which for such smooth integrands on a whole line err by a term that
falls exponentially in 1/distance (Trefethen and Weideman, SIAM Review 56 (2014) 385-458). Only tails are added up, and
never taken from 1, so that a small probability keeps its digits.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import ceil, expm1, lgamma, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from tinker.stats.root import falling_root

Array = NDArray[np.float64]
#: A smaller probability is given as this one: the integral over Y_0 ends where its digits end, and no runs are normal
#: that far out.
FLOOR = 1e-12
#: Of |Y_0|. What lies beyond it is a billionth of `FLOOR`.
_FARTHEST = 9.5
#: The integral over log S ends where its integrand has fallen by exp(-21), to 1e-9 of its largest value.
_FALL = 21.0


def exceedance(t: Array, ns: tuple[int, ...], n_control: int, df: int) -> Array:
    """P(the largest |t| of all arms > t) for each t >= 0, with a relative error below 1e-8, and never below `FLOOR`.

    `ns` are the runs of each arm, one or more of them; `df` the degrees of freedom of the pooled variance, >= 1.
    """
    t = np.clip(t, 1e-100, 1e100)  # so that neither log(t) nor t^2 leaves the range of floats
    # Of log S, what matters most to each t: 0, unless an arm gets beyond t only where the pooled sd comes out small.
    likely = sqrt(2.0 * log(2.0 * len(ns)) + 0.1)  # the largest |t| S of the arms is about so large
    centre = np.minimum(0.0, np.maximum(np.log(likely / t), 0.5 * (log(df) - np.log(df + t * t))))
    around, distance = _nodes(df, 0.16 / (1.0 + 0.2 * log(len(ns))))
    log_s = centre[:, None] + around  # (T, S)
    constant = log(2.0) + df / 2.0 * log(df / 2.0) - lgamma(df / 2.0)
    density = np.exp(constant + df * (log_s - 0.5 * np.exp(2.0 * log_s)))  # of log S: S^2 df is a chi-square
    given = _exceedance_given_sd(t[:, None] * np.exp(log_s), Counter(ns), n_control)
    return np.asarray(np.clip(distance * np.sum(density * given, axis=1), FLOOR, 1.0), dtype=np.float64)


def _exceedance_given_sd(x: Array, arms: Counter[int], n_control: int) -> Array:
    """P(the largest |t| S of all arms > x) for each x; `arms` counts the arms that have so many runs."""
    # Over Y_0 the integrand changes as fast as the arm with most runs allows, and faster where there are many arms.
    narrowest = sqrt(n_control / (max(arms) + n_control))
    intervals = ceil(_FARTHEST / narrowest * (1.5 + 0.5 * log(arms.total())))
    y = np.linspace(0.0, _FARTHEST, intervals + 1)
    weight = _FARTHEST / intervals * sqrt(2.0 / pi) * np.exp(-0.5 * y * y)  # twice one half: the integrand is even
    weight[0] /= 2.0
    log_none = np.zeros((*x.shape, len(y)))  # log P(no arm exceeds x, given Y_0); (T, S, Y)
    for n, count in sorted(arms.items()):
        scaled = x[..., None] / sqrt(n_control / (n + n_control))
        shift = sqrt(n / n_control) * y
        one = ndtr(shift - scaled) + ndtr(-shift - scaled)
        log_none += count * np.log1p(-np.minimum(one, 1.0 - 1e-16))
    return np.asarray(np.sum(weight * -np.expm1(log_none), axis=-1))


@cache
def _nodes(df: int, widest: float) -> tuple[Array, float]:
    """Nodes of log S as distances from where its integrand peaks, and the distance from one to the next."""
    distance = min(widest, 0.7 / sqrt(2.0 * df))

    def fall(away: float) -> float:  # of the density's logarithm; with the exceedance it falls faster still
        return df * (0.5 * expm1(2.0 * away) - away)

    below = above = 0
    while fall(-below * distance) < _FALL:
        below += 1
    while fall(above * distance) < _FALL:
        above += 1
    return distance * np.arange(-below, above + 1, dtype=np.float64), distance


@cache
def critical_value(ns: tuple[int, ...], n_control: int, df: int, alpha: float) -> float:
    """The t that the largest |t| of all arms exceeds with probability `alpha`."""
    # The t-test's value for one arm is too low, Bonferroni's too high.
    low, high = (float(stdtrit(df, 1.0 - alpha / 2.0 / arms)) for arms in (1, len(ns)))

    def excess(t: float) -> float:
        return log(float(exceedance(np.array([t]), ns, n_control, df)[0]) / alpha)

    above, below = excess(low), excess(high)
    if above <= 0.0 or below >= 0.0:  # one arm, or arms as good as one: the bounds meet
        return low if above <= 0.0 else high
    return falling_root(excess, (low, above), (high, below), 1e-10 * low)[1]  # log p is nearly straight in t
