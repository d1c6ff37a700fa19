"""A comparison within blocks of equal hardware, where the arm and the control ran on more than one kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum, isfinite, sqrt
from statistics import fmean

from tinker.stats.moments import variance
from tinker.stats.t_test import TTest
from tinker.stats.welch import bounded


def stratified(
    arm: Mapping[str, Sequence[float]], control: Mapping[str, Sequence[float]], alpha: float
) -> TTest | None:
    """Two-sided t-test of the difference within blocks; keys are blocks, values the final values of their runs.

    Model: a value is the block's effect + the arm's effect + noise, whose sd may differ from block to block and from
    side to side. The difference is the mean of the blocks' own differences, weighted by n m / (n + m); a block's effect
    cancels in each. With weights W that sum to 1 the square of the standard error is the sum over blocks of W^2 times
    the squared standard errors of both means. Each of these terms is a multiple of a chi-square with as many degrees of
    freedom as it has runs beyond one, and Satterthwaite gives those of the sum, `bounded` like Welch's. With one block
    this is Welch's test. A sd pooled over blocks would let a quiet machine with many runs vouch for a noisy one with
    few: 9 and 2 runs a side, the second machine with 2, 3 and 5 times the sd, erred .08, .11 and .15, and now .05. What
    is left is Welch's with two runs: 5 and 5 against 8 and 2, the second machine with 3 and 5 times, err .06, .07.

    A block with fewer than two runs on a side tells no noise and is left out. None where no test exists: no block is
    left, or no variance in any.

    Raises:
        ValueError: a value is not finite: a diverged run, which the declared rule turns into a value or leaves out.
    """
    if not all(isfinite(value) for side in (arm, control) for runs in side.values() for value in runs):
        raise ValueError("a comparison within blocks is of finite values")
    shared = sorted(arm.keys() & control.keys())
    common = [(arm[name], control[name]) for name in shared if min(len(arm[name]), len(control[name])) > 1]
    total = fsum(len(runs) * len(others) / (len(runs) + len(others)) for runs, others in common)
    weights = [len(runs) * len(others) / (len(runs) + len(others)) / total for runs, others in common]
    sides = [(w, side) for w, both in zip(weights, common, strict=True) for side in both]
    shares = [weight**2 * (variance(side) / len(side)) for weight, side in sides]
    square = fsum(shares)
    if square == 0.0:
        return None
    equal = [weight**2 / len(side) for weight, side in sides]
    df = [len(side) - 1 for _, side in sides]
    difference = fsum(w * (fmean(runs) - fmean(others)) for w, (runs, others) in zip(weights, common, strict=True))
    return TTest.of(difference, sqrt(square), bounded(shares, equal, df), alpha)
