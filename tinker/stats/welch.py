"""Welch's t-test of an arm against the control: difference, interval, p."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean

from tinker.stats.moments import variance
from tinker.stats.t_test import TTest


def welch(arm: Sequence[float], control: Sequence[float], alpha: float) -> TTest | None:
    """Two-sided Welch test of two independent samples of finite values, one value a training run.

    None where no such test exists: fewer than two values on a side, or no variance on both sides (a t of x/0 says
    nothing about other seeds). Source: Welch, Biometrika 34 (1947) 28-35; df by Welch-Satterthwaite.
    """
    n, m = len(arm), len(control)
    if n < 2 or m < 2:
        return None
    # Equal values have variance 0 exactly, and no order of the runs matters.
    share, control_share = variance(arm) / n, variance(control) / m
    total = share + control_share
    if total == 0.0:
        return None
    weight = share / total  # the arm's part; a ratio, so that squares of tiny variances cannot underflow
    df = 1.0 / (weight**2 / (n - 1) + (1.0 - weight) ** 2 / (m - 1))
    return TTest.of(fmean(arm) - fmean(control), sqrt(total), df, alpha)
