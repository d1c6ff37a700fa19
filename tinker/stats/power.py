"""What a number of seeds can find: power, minimum detectable effect and seeds needed, for tinker's Welch test.

Effects are in units of the sd between seeds, which both sides share. A large control helps the mean, but not the sd of
a small arm, and Welch's test needs both.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from math import inf, sqrt

from scipy.special import ndtri, stdtrit

from tinker.stats.noncentral_t import below
from tinker.stats.root import falling_root
from tinker.stats.welch import degrees_of_freedom
from tinker.stats.welch_power import welch_power

TARGET = 0.80
#: Seeds on the smaller side up to which the exact power differs by more than 0.001.
FEW = 20
#: Beyond this a grid is the wrong tool, and the search stops.
MOST_SEEDS = 100_000


def power(effect: float, n_arm: int, n_control: int, alpha: float) -> float:
    """Probability that a true difference of `effect` sd gives p <= alpha. Both sides have two runs or more.

    Exact while a side has few runs (`welch_power`), else of a noncentral t with the degrees of freedom of equal sds:
    Cohen, Statistical Power Analysis (1988), chapter 2.
    """
    if min(n_arm, n_control) <= FEW:
        return welch_power(effect, n_arm, n_control, alpha)
    share = (1.0 / n_arm) / (1.0 / n_arm + 1.0 / n_control)
    df = degrees_of_freedom(share, n_arm, n_control)
    centre = abs(effect) / sqrt(1.0 / n_arm + 1.0 / n_control)
    critical = float(stdtrit(df, 1.0 - alpha / 2.0))
    # The other tail lies below the normal's at -centre: from 9 on less than 2e-19, which no sum with 1 can hold.
    other = below(-critical, df, centre) if centre < 9.0 else 0.0
    return 1.0 - below(critical, df, centre) + other


def seeds_for_width(half_width: float, alpha: float) -> int | None:
    """Seeds on each side that narrow the 1 - alpha interval to +-`half_width` sd; None beyond `MOST_SEEDS`."""
    if not half_width:
        return None
    errors = _normal(1.0 - alpha / 2.0) / half_width
    enough = partial(_narrow, half_width, 1.0 - alpha / 2.0)
    return _fewest(enough, 2.0 * errors * errors)


def _narrow(half_width: float, probability: float, n: int) -> bool:
    return float(stdtrit(2 * n - 2, probability)) * sqrt(2.0 / n) <= half_width


@cache
def minimum_detectable_effect(n_arm: int, n_control: int, alpha: float, target: float = TARGET) -> float | None:
    """The smallest true difference, in sd, that is found with probability `target`; None below two runs on a side."""
    if min(n_arm, n_control) < 2:
        return None
    low, high = 0.0, (_normal(1.0 - alpha / 2.0) + _normal(target)) * sqrt(1.0 / n_arm + 1.0 / n_control)
    while power(high, n_arm, n_control, alpha) < target:
        low, high = high, 2.0 * high
    return _root(lambda effect: power(effect, n_arm, n_control, alpha) - target, low, high)


def best_split(trials: int, arms: int, alpha: float, correction: bool) -> tuple[int, int]:
    """Seeds of each arm and of the control, at most `trials` in all, that find the smallest difference.

    The control is in every comparison: with many seeds it gets sqrt(arms) times an arm's, which makes the standard
    error smallest (Dunnett, Journal of the American Statistical Association 50 (1955) 1096-1121). With few it gets no
    more than an arm, since Welch's test needs each side's own sd. With the correction each of the arms is tested at
    `alpha` / arms, as Holm tests the first.

    Raises:
        ValueError: too few trials for two seeds of everything.
    """
    most = trials // (arms + 1)
    if arms < 1 or most < 2:
        raise ValueError(f"{trials} trials are too few: two seeds for each of {arms} arms and the control are needed")
    level = alpha / arms if correction else alpha
    splits = [(n, trials - arms * n) for n in range(2, most + 1)]
    return min(splits, key=lambda split: minimum_detectable_effect(*split, level) or inf)


def seeds_needed(effect: float, alpha: float, target: float = TARGET) -> int | None:
    """Seeds on each side that find a true difference of `effect` sd with probability `target`.

    None where that is no effect at all, or more than `MOST_SEEDS`.
    """
    if not effect:
        return None
    critical = _normal(1.0 - alpha / 2.0)
    reach = (critical + _normal(target)) / effect
    # What a t-test needs beyond a test of known sd: Guenther, The American Statistician 35 (1981) 243-244.
    near = 2.0 * reach * reach + critical * critical / 4.0
    return _fewest(lambda n: power(effect, n, n, alpha) >= target, near)


def _normal(probability: float) -> float:
    return float(ndtri(probability))


def _fewest(enough: Callable[[int], bool], near: float) -> int | None:
    """The smallest n >= 2 that is enough, from where every larger one is too; the search starts `near` it."""
    enough = cache(enough)
    low, step = int(min(max(near, 2.0), MOST_SEEDS)), 1
    while low > 1 and enough(low):
        low, step = max(low - step, 1), 2 * step
    high, step = low, 1
    while low < MOST_SEEDS and not enough(high := min(low + step, MOST_SEEDS)):
        low, step = high, 2 * step
    if low == MOST_SEEDS:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function reaches 0, to 9 digits and never below it."""
    ends = (low, -function(low)), (high, -function(high))
    return falling_root(lambda place: -function(place), *ends, 1e-9 * high)[1]
