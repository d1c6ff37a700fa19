"""Seed variance: the standard deviation of a few runs, how well it is known, and how two of them compare."""

from __future__ import annotations

from math import isfinite, sqrt

from scipy.special import chdtri, fdtri


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


def sd_ratio_interval(
    sd_arm: float, n_arm: int, sd_control: float, n_control: int, confidence: float = 0.95
) -> tuple[float, float] | None:
    """F interval of the true sd of the arm over that of the control, both of normal values.

    None below two values a side, or where a sample sd is 0. At three a side it runs from 0.16 to 6.2 times the ratio
    of the sample sd: small samples cannot tell that two arms are equally noisy.
    """
    assert isfinite(sd_arm) and isfinite(sd_control), "an sd is of finite values"
    if min(n_arm, n_control) < 2 or sd_arm == 0.0 or sd_control == 0.0:
        return None
    tail = (1.0 - confidence) / 2.0
    low, high = (sd_arm / sd_control / sqrt(float(fdtri(n_arm - 1, n_control - 1, q))) for q in (1.0 - tail, tail))
    return low, high
