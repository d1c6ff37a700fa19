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

    Model: a value is the block's effect + the arm's effect + noise, and the noise of a side has one sd in all blocks.
    The difference is the mean of the blocks' own differences, weighted by n m / (n + m), which is best where both sides
    have the same sd; a block's effect cancels in each. With weights W that sum to 1, s and c the sd of the arm and the
    control pooled over blocks, the square of the standard error is sum W^2 s^2/n + sum W^2 c^2/m. Each of the two terms
    is a multiple of a chi-square with as many degrees of freedom as that side has runs beyond one a block, and
    Satterthwaite gives those of the sum, `bounded` like Welch's. With one block this is Welch's test.

    A block that only one side has tells nothing of the difference and is left out. None where no test exists: no common
    block, no block with two runs of the arm, likewise of the control, or no variance on both sides.

    Raises:
        ValueError: a value is not finite: a diverged run, which the declared rule turns into a value or leaves out.
    """
    if not all(isfinite(value) for side in (arm, control) for runs in side.values() for value in runs):
        raise ValueError("a comparison within blocks is of finite values")
    common = [(arm[name], control[name]) for name in sorted(arm) if arm[name] and control.get(name)]
    df = _freedom([runs for runs, _ in common]), _freedom([runs for _, runs in common])
    if min(df) == 0:
        return None
    sizes = [(len(runs), len(others)) for runs, others in common]
    total = fsum(n * m / (n + m) for n, m in sizes)
    weights = [n * m / (n + m) / total for n, m in sizes]
    square = _pooled([runs for runs, _ in common], df[0])
    control_square = _pooled([runs for _, runs in common], df[1])
    share = fsum(weight**2 * (square / n) for weight, (n, _) in zip(weights, sizes, strict=True))
    control_share = fsum(weight**2 * (control_square / m) for weight, (_, m) in zip(weights, sizes, strict=True))
    if share + control_share == 0.0:
        return None
    part = share / (share + control_share)  # a ratio, so that squares of tiny variances cannot underflow
    difference = fsum(
        weight * (fmean(runs) - fmean(others)) for weight, (runs, others) in zip(weights, common, strict=True)
    )
    lengths = [fsum(w**2 / runs[side] for w, runs in zip(weights, sizes, strict=True)) for side in (0, 1)]
    freedom = bounded(part, lengths[0] / (lengths[0] + lengths[1]), *df)
    return TTest.of(difference, sqrt(share + control_share), freedom, alpha)


def _freedom(blocks: Sequence[Sequence[float]]) -> int:
    return sum(len(runs) - 1 for runs in blocks)


def _pooled(blocks: Sequence[Sequence[float]], df: int) -> float:
    """Variance of one side within blocks; the factor is exactly 1 where there is one block."""
    return fsum((len(runs) - 1) / df * variance(runs) for runs in blocks if len(runs) > 1)
