"""Rules of thumb by which people call a change an improvement, as functions of the runs of two equal arms.

Each takes losses (a lower value is the better one) of `n_arm` and `n_control` runs, a row a comparison, and says for
each row whether the rule sees an effect where there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import asin, comb, pi, sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

Array = npt.NDArray[np.float64]
Seen = npt.NDArray[np.bool_]


PLUS_MINUS = "\N{PLUS-MINUS SIGN}"


@dataclass(frozen=True)
class Thumb:
    """A rule of thumb.

    Attributes:
        sees: arm, control and alpha -> for each row, whether the rule sees an effect.
        normal: by seeds a side, how often it does where noise is normal; None where no formula is at hand.
        sizes: of arm and control; None where the rule takes any number of seeds, the same on both sides.
        ordered: which of the control's runs is which matters.
    """

    key: str
    said: str
    sees: Callable[[Array, Array, float], Seen]
    normal: Callable[[int], float] | None = None
    sizes: tuple[int, int] | None = None
    ordered: bool = False


def all_beat_all(arm: Array, control: Array, alpha: float) -> Seen:
    """The arm's worst run is better than the control's best."""
    return np.asarray(arm.max(axis=1) < control.min(axis=1))


def two_sd(arm: Array, control: Array, alpha: float) -> Seen:
    """The means differ by more than two of the control's sd, either way."""
    return np.asarray(np.abs(_gap(arm, control)) > 2.0 * control.std(axis=1, ddof=1))


def bars_apart(arm: Array, control: Array, alpha: float) -> Seen:
    """The bars mean +- sd of the two do not overlap, whichever is the better one."""
    return np.asarray(np.abs(_gap(arm, control)) > arm.std(axis=1, ddof=1) + control.std(axis=1, ddof=1))


def twice_the_baselines(arm: Array, control: Array, alpha: float) -> Seen:
    """One run beats a baseline by more than twice what that baseline and a second one differ."""
    return np.asarray(control[:, 0] - arm[:, 0] > 2.0 * np.abs(control[:, 0] - control[:, 1]))


def best_beats_best(arm: Array, control: Array, alpha: float) -> Seen:
    """The best run of the arm is better than the best of the control."""
    return np.asarray(arm.min(axis=1) < control.min(axis=1))


def welch_test(arm: Array, control: Array, alpha: float) -> Seen:
    """p <= alpha in tinker's own test, two-sided; without any spread there is no test."""
    n, m = arm.shape[1], control.shape[1]
    share, control_share = arm.var(axis=1, ddof=1) / n, control.var(axis=1, ddof=1) / m
    total = share + control_share
    some = total > 0.0
    known = np.where(some, total, 1.0)
    weight = share / known
    df = 1.0 / (weight**2 / (n - 1) + (1.0 - weight) ** 2 / (m - 1))
    p = 2.0 * stdtr(df, -np.abs(_gap(arm, control)) / np.sqrt(known))
    return np.asarray(some & (p <= alpha))


def _gap(arm: Array, control: Array) -> Array:
    return np.asarray(arm.mean(axis=1) - control.mean(axis=1))


def _two_sd_normal(n: int) -> float:
    """The difference over the control's sd, times sqrt(n/2), is a t of its n - 1 degrees of freedom."""
    return 2.0 * float(stdtr(n - 1, -2.0 * sqrt(n / 2.0)))


ANY_SIZE = (
    Thumb("best_beats_best", "my best run beats the best baseline", best_beats_best, lambda n: 0.5),
    Thumb("two_sd", "means more than 2 baseline sd apart", two_sd, _two_sd_normal),
    Thumb("bars_apart", f"bars (mean {PLUS_MINUS} sd) do not overlap", bars_apart),
    Thumb("all_beat_all", "all my runs beat all baselines", all_beat_all, lambda n: 1.0 / comb(2 * n, n)),
    Thumb("welch", "tinker's test (Welch's t)", welch_test),
)
ONE_EACH = Thumb("one_each", "one seed each, and mine is better", best_beats_best, lambda n: 0.5, sizes=(1, 1))
#: Two normal variables with correlation -6 / sqrt(84) are both positive: Sheppard's 1/4 + arcsin(rho) / (2 pi).
TWICE = Thumb(
    "twice_the_baselines",
    "better by twice the difference of two baselines",
    twice_the_baselines,
    lambda n: 0.25 - asin(6.0 / sqrt(84.0)) / (2.0 * pi),
    sizes=(1, 2),
    ordered=True,
)
FIXED_SIZE = (ONE_EACH, TWICE)
