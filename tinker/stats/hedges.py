"""Hedges g: the effect in units of the sd between seeds, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, lgamma, log, sqrt
from statistics import fmean

from tinker.stats.finite import demand_finite
from tinker.stats.moments import variance
from tinker.stats.noncentral_t import noncentrality


@dataclass(frozen=True)
class HedgesG:
    """Arm minus control over the pooled sd, without bias, and bounds of the true ratio. No unit."""

    g: float
    low: float
    high: float


def hedges_g(arm: Sequence[float], control: Sequence[float], confidence: float = 0.95) -> HedgesG | None:
    """Effect size of two independent normal samples with a common sd.

    The bounds are those true effects at which a t as far out as the one seen has probability (1 - confidence) / 2 on
    either side. They cover the true effect exactly so often, which is why the correction for bias of g, which makes
    the average right, is not put on them: at two runs a side it is 0.56, and g lies near the lower end of its interval.

    None where there is no g: a side without runs, fewer than 2 degrees of freedom (three runs in all: the correction
    would be 0), or no variance on both sides. Source: Hedges, Journal of Educational Statistics 6 (1981) 107-128;
    interval: Steiger and Fouladi in Harlow et al., What If There Were No Significance Tests? (1997) chapter 9.

    Raises:
        ValueError: a value is NaN or infinite.
    """
    demand_finite(arm, control)
    n, m = len(arm), len(control)
    df = n + m - 2
    if not n or not m or df < 2:
        return None
    # Equal values have variance 0 exactly.
    pooled = fsum(variance(sample) * (len(sample) - 1) for sample in (arm, control) if len(sample) > 1) / df
    if pooled == 0.0:
        return None
    d = (fmean(arm) - fmean(control)) / sqrt(pooled)
    error = sqrt(1.0 / n + 1.0 / m)
    tail = (1.0 - confidence) / 2.0
    low, high = (error * noncentrality(d / error, df, probability) for probability in (1.0 - tail, tail))
    return HedgesG(bias_correction(df) * d, low, high)


def bias_correction(df: int) -> float:
    """J: the factor that makes Cohen's d unbiased, `df` >= 2. Hedges (1981); exact, not 1 - 3/(4 df - 1)."""
    return exp(lgamma(df / 2.0) - lgamma((df - 1) / 2.0) - 0.5 * log(df / 2.0))
