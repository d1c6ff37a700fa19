"""What a number of seeds can find: power, minimum detectable effect and seeds needed, for a two-sided t-test.

Effects are in units of the sd between seeds. Both sides are taken to have that sd, so df = n + m - 2. Source: Cohen,
Statistical Power Analysis (1988), chapter 2; the noncentral t distribution instead of his tables.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import isnan, sqrt

from scipy.special import nctdtr, stdtrit

TARGET = 0.80
#: Beyond this a grid is the wrong tool, and the search stops.
MOST_SEEDS = 100_000


def power(effect: float, n_arm: int, n_control: int, alpha: float) -> float:
    """Probability that a true difference of `effect` sd gives p <= alpha. Both sides have two runs or more."""
    df = n_arm + n_control - 2
    centre = abs(effect) / sqrt(1.0 / n_arm + 1.0 / n_control)
    critical = float(stdtrit(df, 1.0 - alpha / 2.0))
    return 1.0 - _below(df, centre, critical) + _below(df, centre, -critical)


def _below(df: int, centre: float, t: float) -> float:
    """Noncentral t distribution function; scipy gives NaN at scattered points of the far tail, where it is 0."""
    value = float(nctdtr(df, centre, t))
    return 0.0 if isnan(value) else value


def seeds_for_width(half_width: float, alpha: float) -> int | None:
    """Seeds on each side that narrow the 1 - alpha interval to +-`half_width` sd; None beyond `MOST_SEEDS`."""
    return _fewest(lambda n: float(stdtrit(2 * n - 2, 1.0 - alpha / 2.0)) * sqrt(2.0 / n) <= half_width)


@cache
def minimum_detectable_effect(n_arm: int, n_control: int, alpha: float, target: float = TARGET) -> float | None:
    """The smallest true difference, in sd, that is found with probability `target`; None below two runs on a side."""
    if min(n_arm, n_control) < 2:
        return None
    low, high = 0.0, 1.0
    while power(high, n_arm, n_control, alpha) < target:
        low, high = high, 2.0 * high
    while high - low > 1e-9 * high:
        middle = (low + high) / 2.0
        low, high = (middle, high) if power(middle, n_arm, n_control, alpha) < target else (low, middle)
    return high


def seeds_needed(effect: float, alpha: float, target: float = TARGET) -> int | None:
    """Seeds on each side that find a true difference of `effect` sd with probability `target`.

    None where that is no effect at all, or more than `MOST_SEEDS`.
    """
    return _fewest(lambda n: power(effect, n, n, alpha) >= target) if effect else None


def _fewest(enough: Callable[[int], bool]) -> int | None:
    """The smallest n >= 2 that is enough, by doubling and halving; every larger one is enough too."""
    if not enough(MOST_SEEDS):
        return None
    low, high = 1, 2  # low is known to be too few
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
