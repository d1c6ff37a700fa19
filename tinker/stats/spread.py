"""Seed variance: the standard deviation of a few runs and how well it is known."""

from __future__ import annotations

from math import sqrt

from scipy.special import chdtri


def sd_interval(sd: float, n: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """Chi-square interval of the true sd given the sample sd (ddof 1) of `n` normal values; None below two values.

    At n=3 it runs from 0.52 to 6.3 times the sample sd: three seeds hardly tell the noise.
    """
    if n < 2:
        return None
    tail = (1.0 - confidence) / 2.0
    df = n - 1
    # chdtri inverts the upper tail: a large chi-square gives the lower bound.
    low, high = (sd * sqrt(df / float(chdtri(df, q))) for q in (tail, 1.0 - tail))
    return low, high


def sd_upper_limit(sd: float, df: float, confidence: float = 0.80) -> float:
    """One-sided upper limit of the true sd, `df` degrees of freedom: what to plan seeds with."""
    return sd * sqrt(df / float(chdtri(df, confidence)))
