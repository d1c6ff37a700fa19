"""Dunnett's test of several arms against one control, with intervals that hold for all arms at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import fmean

import numpy as np

from tinker.stats.finite import demand_finite
from tinker.stats.many_to_one import critical_value, exceedance
from tinker.stats.moments import variance


@dataclass(frozen=True)
class Dunnett:
    """One arm against the control: p adjusted for all arms, and bounds of arm minus control in the metric's unit."""

    p: float
    low: float
    high: float


def dunnett(arms: Sequence[Sequence[float]], control: Sequence[float], alpha: float) -> list[Dunnett] | None:
    """Two-sided many-to-one test of independent normal samples with one common sd; a result per arm, in their order.

    With probability 1 - alpha all intervals hold at once; an interval leaves 0 out where p <= alpha. Arms may have
    different numbers of runs, one run too. p has a relative error below 1e-8; below 1e-12 it is given as 1e-12
    (`many_to_one.FLOOR`). Other arms matter through their number, runs and spread alone: their order and means change
    nothing, to the bit.

    None where no such test exists: no arm, an arm or a control without runs, one run everywhere (no degree of freedom),
    or no variance in any of them. Source: Dunnett, Journal of the American Statistical Association 50 (1955) 1096-1121.

    Raises:
        ValueError: a value is NaN or infinite.
    """
    samples = [*arms, control]
    demand_finite(*samples)
    df = sum(len(sample) - 1 for sample in samples)
    if not arms or not all(samples) or df < 1:
        return None
    # Equal values have variance 0, and no order of runs or arms matters.
    pooled = fsum(variance(sample) * (len(sample) - 1) for sample in samples if len(sample) > 1) / df
    if pooled == 0.0:
        return None
    ns = tuple(sorted(len(arm) for arm in arms))
    mean = fmean(control)
    differences = [fmean(arm) - mean for arm in arms]
    errors = [sqrt(pooled) * sqrt(1.0 / len(arm) + 1.0 / len(control)) for arm in arms]
    t = np.array([abs(difference) / error for difference, error in zip(differences, errors, strict=True)])
    distinct, places = np.unique(t, return_inverse=True)
    p = exceedance(distinct, ns, len(control), df)[places]
    critical = critical_value(ns, len(control), df, alpha)
    return [
        Dunnett(float(each), difference - critical * error, difference + critical * error)
        for each, difference, error in zip(p, differences, errors, strict=True)
    ]
