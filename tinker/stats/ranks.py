"""Rank tests and the probability that a run of one arm beats one of another: nothing but the order of runs matters.

A run that diverged is +infinity where lower is better: behind every run that did not, and tied with its like.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Runs of the smaller side times runs in all. Beyond it counting takes seconds, and the normal approximation is close.
MOST_EXACT = 22_000
#: Pairs. Likewise.
MOST_EXACT_PAIRS = 1_000


def probability(arm: Sequence[float], control: Sequence[float]) -> float:
    """Part of the pairs (run of the arm, run of the control) where the arm's value is lower; a tie counts half.

    The Mann-Whitney U over n m: 1 where every run of the arm is below every run of the control. Where higher is better
    the caller takes it from 1.

    Raises:
        ValueError: a value is NaN, or a side has no run.
    """
    _demand_order(arm, control)
    if not arm or not control:
        raise ValueError(f"a probability of being lower takes runs on both sides, not {len(arm)} and {len(control)}")
    against = np.sort(np.array(control, dtype=np.float64))
    # Of each of the arm's runs: the control's runs that are not above it, and those that are below it.
    not_above, below = (int(np.searchsorted(against, arm, side=side).sum()) for side in ("right", "left"))
    pairs = len(arm) * len(control)
    return (pairs - (not_above + below) / 2.0) / pairs


def mann_whitney(arm: Sequence[float], control: Sequence[float]) -> float:
    """Two-sided p of the sum of the arm's midranks, over all ways to call as many of the runs the arm's.

    Exact with ties too, up to `MOST_EXACT` (100 runs a side); above, the normal approximation with corrections for ties
    and continuity. Twice the smaller tail, at most 1, so that it is valid for each direction by itself; 1 where a side
    has no run. Source: Mann and Whitney, Annals of Mathematical Statistics 18 (1947) 50-60; ties: Lehmann,
    Nonparametrics (1975) section 1.4.

    Raises:
        ValueError: a value is NaN.
    """
    _demand_order(arm, control)
    ranks = _doubled_midranks(np.array([*arm, *control], dtype=np.float64))
    n, total = min(len(arm), len(control)), len(ranks)
    seen = int((ranks[: len(arm)] if n == len(arm) else ranks[len(arm) :]).sum())  # the other side's mirrors it
    if n * total > MOST_EXACT:
        variance = n * (total - n) / (total * (total - 1)) * float(((ranks - (total + 1.0)) ** 2).sum())
        return _normal(abs(seen - n * (total + 1)), variance)
    # ways[j, s]: how many j of the runs so far have the doubled rank sum s.
    ways = np.zeros((n + 1, int(np.sort(ranks)[total - n :].sum()) + 1))
    ways[0, 0] = 1.0
    for rank in ranks:
        # The right side is computed before it is added: each run is taken once.
        ways[1:, rank:] += ways[:-1, : ways.shape[1] - rank].copy()
    return _doubled_tail(ways[n], seen)


def signed_rank(differences: Sequence[float]) -> float:
    """Two-sided p of the signed ranks of paired differences, over all ways to swap arm and control within pairs.

    Ties share their midrank, and differences tie that agree to 9 digits of the largest one: two losses of 4 decimals
    have a difference of 4 decimals on paper only. A difference of 0 takes part in the ranking and then has no sign
    (Pratt): to drop it first, as Wilcoxon did, can turn more pairs in favour of the arm into less evidence for it. A
    pair where one run diverged is +-infinity, and where both did 0. Exact up to `MOST_EXACT_PAIRS` pairs, then normal
    with corrections; 1 without a difference. Source: Pratt, Journal of the American Statistical Association 54 (1959)
    655-667.

    Raises:
        ValueError: a difference is NaN.
    """
    values, ranks = _signed_ranks(differences)
    seen, ranks = int(ranks[values > 0.0].sum()), ranks[values != 0.0]
    if len(ranks) > MOST_EXACT_PAIRS:
        return _normal(abs(2 * seen - int(ranks.sum())) / 2.0, float((ranks.astype(np.float64) ** 2).sum()) / 4.0)
    chance = np.zeros(int(ranks.sum()) + 1)  # of each sum of the doubled ranks with sign +
    chance[0] = 1.0
    for rank in ranks:
        chance /= 2.0
        chance[rank:] += chance[: len(chance) - rank].copy()
    return _doubled_tail(chance, seen)


def signed_lean(differences: Sequence[float]) -> float:
    """Where the signed ranks lean: positive towards positive differences. Raises ValueError for a NaN."""
    values, ranks = _signed_ranks(differences)
    return float((np.sign(values) * ranks).sum())


def _signed_ranks(differences: Sequence[float]) -> tuple[Floats, Ints]:
    """The differences, ties made equal, and the doubled midranks of their sizes."""
    _demand_order(differences)
    values = np.array(differences, dtype=np.float64)
    largest = np.max(np.abs(values), where=np.isfinite(values), initial=0.0)
    values = np.round(values / largest, 9) if largest else values
    return values, _doubled_midranks(np.abs(values))


def _demand_order(*samples: Sequence[float]) -> None:
    if any(isnan(value) for sample in samples for value in sample):
        raise ValueError("a rank test takes values that have an order, not nan")


def _doubled_midranks(values: Floats) -> Ints:
    """Twice the rank of each value, counted from 1; tied values share the mean of their ranks, hence twice."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((2 * ends - counts + 1)[places], dtype=np.int64)


def _doubled_tail(weights: Floats, seen: int) -> float:
    """p of a statistic that is 0, 1, 2 ... with chances in proportion to these weights."""
    tail = min(float(weights[: seen + 1].sum()), float(weights[seen:].sum()))
    return min(1.0, 2.0 * tail / float(weights.sum()))


def _normal(deviation: float, variance: float) -> float:
    """Two-sided p; both in doubled ranks, so that 1 corrects for continuity by half a rank."""
    if variance == 0.0:
        return 1.0
    return min(1.0, 2.0 * float(ndtr(-max(0.0, deviation - 1.0) / sqrt(variance))))
