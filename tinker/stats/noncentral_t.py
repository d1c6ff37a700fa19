"""The noncentral t distribution and its inversion: how far off centre, given a t that was seen.

T = (Z + c) / S with Z standard normal, S^2 df a chi-square with df degrees of freedom and c the noncentrality: a true
difference in standard errors.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isnan, pi, sqrt

import numpy as np
from scipy.special import gammaincc, nctdtr, ndtri

from tinker.stats.root import falling_root

#: Beyond this |t| scipy's series takes longer the larger t is.
_FAR = 50.0


def below(t: float, df: float, noncentrality: float) -> float:
    """P(T < t), df >= 1."""
    if t < 0.0:
        return 1.0 - below(-t, df, -noncentrality)
    if t > _FAR:
        return _below_far(t, df, noncentrality)
    value = float(nctdtr(df, noncentrality, t))
    # scipy gives NaN at scattered points of both far tails.
    return float(t > noncentrality) if isnan(value) else value


def _below_far(t: float, df: float, noncentrality: float) -> float:
    """P(T < t) = E[P(S > (Z + c) / t)] as a sum over equidistant Z: P changes slowly there, since t is large.

    The error is below 1e-8; where c is below 9, so that S near 0 counts, it is 1e-5 for df 1 and 1e-7 for df 2.
    """
    distance = min(0.25, 0.5 * t / sqrt(2.0 * df))
    z = distance * np.arange(-int(9.0 / distance), int(9.0 / distance) + 1)
    ratio = np.maximum(z + noncentrality, 0.0) / t
    weight = distance / sqrt(2.0 * pi) * np.exp(-0.5 * z * z)
    return float(np.sum(weight * gammaincc(df / 2.0, df / 2.0 * ratio * ratio)))


def noncentrality(t: float, df: float, probability: float) -> float:
    """The noncentrality c at which P(T < t) is `probability`; exact to 1e-8 of its standard error."""
    if t < 0.0:
        return -noncentrality(-t, df, 1.0 - probability)
    sd = sqrt(1.0 + t * t / (2.0 * df))  # of the estimate of c
    wanted = float(ndtri(probability))

    def excess(c: float) -> float:  # nearly straight in c
        return float(ndtri(min(max(below(t, df, c), 1e-300), 1.0 - 1e-16))) - wanted

    return _bracketed_root(excess, t - wanted * sd, sd / 4.0, 1e-10 * sd)


def _bracketed_root(excess: Callable[[float], float], guess: float, step: float, tolerance: float) -> float:
    """Where a falling function is 0: a bracket around the guess, then `falling_root`."""
    low = high = guess
    above = under = excess(guess)
    while above < 0.0:
        high, under = low, above
        low, step = low - step, 2.0 * step
        above = excess(low)
    while under > 0.0:
        low, above = high, under
        high, step = high + step, 2.0 * step
        under = excess(high)
    low, high = falling_root(excess, (low, above), (high, under), tolerance)
    return (low + high) / 2.0
