"""Permutation tests of the mean: how often would chance labels give a difference so large?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import comb, fsum, ulp

import numpy as np
from numpy.typing import NDArray

from tinker.stats.finite import demand_finite

Array = NDArray[np.float64]
#: More relabellings than these are not counted but drawn.
MOST_EXACT = 200_000
#: Relabellings that are drawn then: at p = .05 they give p to +-.002 (95 %), and no p below 2e-5.
DRAWS = 99_999
#: Sums no further apart than this part of the largest value tie: a difference of two losses has lost digits.
_SAME = 1e-9
_SEED = 0  # of the draws: the same input has the same p
_AT_ONCE = 10_000  # drawn relabellings in one piece
_KEPT = 200  # runs of both sides; draws for more are not kept, 20 MB a pair of numbers of runs


def permutation(arm: Sequence[float], control: Sequence[float]) -> float:
    """Two-sided p of the difference of means, over all ways to call as many of the values the arm's.

    Twice the smaller tail, at most 1, so that it is valid for each direction by itself. Exact up to `MOST_EXACT`
    relabellings; above, `DRAWS` random ones, and (b + 1) / (B + 1) for each tail. Differences that are equal but for
    rounding count as ties. 1 where a side has no run.

    Source: Fisher, The Design of Experiments (1935) section 21; Pitman, Supplement to the Journal of the Royal
    Statistical Society 4 (1937) 119-130; drawn: Phipson and Smyth, Statistical Applications in Genetics and Molecular
    Biology 9 (2010) article 39.

    Raises:
        ValueError: a value is NaN or infinite.
    """
    demand_finite(arm, control)
    values = np.sort(np.array([*arm, *control], dtype=np.float64))
    n = len(arm)
    if not 0 < n < len(values):
        return 1.0
    # The sum of the arm's values orders relabellings as the difference of means does; about the mean it has few digits.
    mean = fsum(values) / len(values)
    seen = fsum(value - mean for value in arm)
    centred = values - mean
    rounding = _SAME * float(np.max(np.abs(centred))) + 8.0 * len(values) * ulp(float(np.max(np.abs(values))))
    if comb(len(values), n) <= MOST_EXACT:
        return _counted(_subset_sums(centred, n), seen, rounding)
    chosen = (_kept if len(values) <= _KEPT else _relabellings)(len(values), n)
    return _drawn((piece @ centred for piece in chosen), seen, rounding)


def sign_flip(differences: Sequence[float]) -> float:
    """Two-sided p of the mean of paired differences, over all ways to swap arm and control within pairs; 1 without any.

    Exact up to `MOST_EXACT` ways (17 pairs); above, as `permutation`. Source: Fisher (1935) section 21.

    Raises:
        ValueError: a value is NaN or infinite.
    """
    demand_finite(differences)
    sizes = np.sort(np.abs(np.array(differences, dtype=np.float64)))
    seen, rounding = fsum(differences), _SAME * float(np.max(sizes, initial=0.0))
    if 2 ** len(sizes) <= MOST_EXACT:
        sums = np.zeros(1)
        for size in sizes:
            sums = np.concatenate([sums - size, sums + size])
        return _counted(sums, seen, rounding)
    return _drawn(_random_signed_sums(sizes), seen, rounding)


def _counted(sums: Array, seen: float, rounding: float) -> float:
    tails = (np.count_nonzero(sums >= seen - rounding), np.count_nonzero(sums <= seen + rounding))
    return min(1.0, 2.0 * min(tails) / len(sums))


def _drawn(chunks: Iterable[Array], seen: float, rounding: float) -> float:
    above = below = 1  # the labels as they are count as one of the draws
    for sums in chunks:
        above += int(np.count_nonzero(sums >= seen - rounding))
        below += int(np.count_nonzero(sums <= seen + rounding))
    return min(1.0, 2.0 * min(above, below) / (DRAWS + 1))


def _subset_sums(values: Array, n: int) -> Array:
    """The sum of every subset of n values, grown value by value; only sizes that can still become n are kept."""
    sums = {0: np.zeros(1)}
    for place, value in enumerate(values):
        left = len(values) - place - 1
        grown: dict[int, Array] = {}
        for size in range(max(0, n - left), min(n, place + 1) + 1):
            parts = [sums[size]] if size in sums else []
            parts += [sums[size - 1] + value] if size - 1 in sums else []
            grown[size] = np.concatenate(parts)
        sums = grown
    return sums[n]


@lru_cache(maxsize=4)
def _kept(count: int, n: int) -> tuple[NDArray[np.bool_], ...]:
    """Drawn once for all arms with these numbers of runs."""
    return tuple(_relabellings(count, n))


def _relabellings(count: int, n: int) -> Iterator[NDArray[np.bool_]]:
    """Random choices of n of so many places, a row each, true where chosen."""
    generator = np.random.default_rng(_SEED)
    first = np.arange(count) < n
    for start in range(0, DRAWS, _AT_ONCE):
        yield generator.permuted(np.tile(first, (min(_AT_ONCE, DRAWS - start), 1)), axis=1)


def _random_signed_sums(sizes: Array) -> Iterator[Array]:
    generator = np.random.default_rng(_SEED)
    for start in range(0, DRAWS, _AT_ONCE):
        signs = generator.integers(0, 2, (min(_AT_ONCE, DRAWS - start), len(sizes)))
        yield (2.0 * signs - 1.0) @ sizes
