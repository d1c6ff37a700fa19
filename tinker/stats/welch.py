"""Welch's t-test of an arm against the control: difference, interval, p."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, variance

from scipy.special import stdtr, stdtrit


@dataclass(frozen=True)
class Welch:
    """Mean of the arm minus mean of the control, in the metric's unit, and what a t-test says about it.

    `low`, `high` bound the difference with two-sided confidence 1 - alpha.
    """

    difference: float
    standard_error: float
    df: float
    low: float
    high: float
    p: float

    def p_below(self, bound: float) -> float:
        """One-sided p of "the true difference is `bound` or more": small says that it is below."""
        return float(stdtr(self.df, (self.difference - bound) / self.standard_error))

    def p_above(self, bound: float) -> float:
        """One-sided p of "the true difference is `bound` or less": small says that it is above."""
        return float(stdtr(self.df, (bound - self.difference) / self.standard_error))


def welch(arm: Sequence[float], control: Sequence[float], alpha: float) -> Welch | None:
    """Two-sided Welch test of two independent samples of finite values, one value a training run.

    None where no such test exists: fewer than two values on a side, or no variance on both sides (a t of x/0 says
    nothing about other seeds). Source: Welch, Biometrika 34 (1947) 28-35; df by Welch-Satterthwaite.
    """
    n, m = len(arm), len(control)
    if n < 2 or m < 2:
        return None
    # The statistics module computes exactly and rounds once: equal values have variance 0, and no order matters.
    share, control_share = variance(arm) / n, variance(control) / m
    total = share + control_share
    if total == 0.0:
        return None
    weight = share / total  # the arm's part; a ratio, so that squares of tiny variances cannot underflow
    df = 1.0 / (weight**2 / (n - 1) + (1.0 - weight) ** 2 / (m - 1))
    error = sqrt(total)
    difference = fmean(arm) - fmean(control)
    half = float(stdtrit(df, 1.0 - alpha / 2.0)) * error
    p = 2.0 * float(stdtr(df, -abs(difference) / error))
    return Welch(difference, error, df, difference - half, difference + half, p)
