"""How often a rule of thumb sees an effect between equal runs: on the user's own, and where the noise is normal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt

import numpy as np
import numpy.typing as npt

from tinker.noise.splits import splits
from tinker.noise.thumbs import ANY_SIZE, FIXED_SIZE, Array, Seen, Thumb

#: Seeds a side for the rules that take any number.
SIDES = (2, 3, 5)
#: Comparisons of normal draws; the error of a rate of 5 % is .0005.
DRAWS = 200_000
SEED = 7


@dataclass(frozen=True)
class Rate:
    """One rule at one size.

    Attributes:
        splits: how many were gone through; `exact` if these are all.
        apart: how many of them can be had that share no run: the independent ones.
        rate: the share in which the rule saw an effect.
        error: standard error of that share as an estimate for further runs of this kind; None where there are not two
            splits apart, since one comparison tells nothing of its own luck.
        normal: the rate for normal noise.
    """

    thumb: Thumb
    n_arm: int
    n_control: int
    splits: int
    exact: bool
    apart: int
    rate: float
    error: float | None
    normal: float


def rates(values: Sequence[float], alpha: float, lower_is_better: bool = True) -> list[Rate]:
    """Every rule at every size for which there are runs enough; `values` are finite."""
    losses = np.asarray(values, dtype=np.float64) * (1.0 if lower_is_better else -1.0)
    sized = [(thumb, side, side) for side in SIDES for thumb in ANY_SIZE]
    sized += [(thumb, *thumb.sizes) for thumb in FIXED_SIZE if thumb.sizes]
    return [_rate(losses, thumb, n, m, alpha) for thumb, n, m in sized if n + m <= len(values)]


def _rate(losses: Array, thumb: Thumb, n_arm: int, n_control: int, alpha: float) -> Rate:
    places, exact = splits(len(losses), n_arm, n_control, thumb.ordered)
    drawn = losses[places]
    seen = thumb.sees(drawn[:, :n_arm], drawn[:, n_arm:], alpha)
    apart = len(losses) // (n_arm + n_control)
    return Rate(
        thumb=thumb,
        n_arm=n_arm,
        n_control=n_control,
        splits=len(places),
        exact=exact,
        apart=apart,
        rate=float(seen.mean()),
        error=jackknife(seen, places, len(losses)) if apart >= 2 else None,
        normal=normal_rate(thumb, n_arm, n_control, alpha),
    )


def jackknife(seen: Seen, places: npt.NDArray[np.intp], runs: int) -> float:
    """Standard error of the share of `seen` over splits of so many runs, by leaving out one run after the other.

    Splits overlap, so their number says nothing about it. On average this is no less than the true error: Efron &
    Stein, Annals of Statistics 9 (1981) 586-596. No run may be part of every split.
    """
    inside = np.bincount(places.ravel(), minlength=runs)
    hits = np.bincount(places.ravel(), weights=np.repeat(seen, places.shape[1]).astype(float), minlength=runs)
    without = (float(seen.sum()) - hits) / (len(places) - inside)
    return sqrt((runs - 1) / runs * float(((without - without.mean()) ** 2).sum()))


@cache
def normal_rate(thumb: Thumb, n_arm: int, n_control: int, alpha: float) -> float:
    """By the rule's formula, else over draws from one normal distribution, from a generator of its own."""
    if thumb.normal is not None:
        return thumb.normal(n_arm)
    draws = np.random.default_rng(SEED).standard_normal((DRAWS, n_arm + n_control))
    return float(thumb.sees(draws[:, :n_arm], draws[:, n_arm:], alpha).mean())
