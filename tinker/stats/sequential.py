"""Group-sequential looks after O'Brien and Fleming: a test may be read at declared looks, and its error stays alpha.

At look j a share t_j of the information is there, 0 < t_1 < ... < t_K = 1, and X_j = Z_j sqrt(t_j) is a Brownian motion
at time t_j. O'Brien and Fleming stop where |X_j| reaches one constant, whatever the look: early looks must be extreme,
and the last one is nearly a fixed test. Sources: O'Brien & Fleming, Biometrics 35 (1979) 549-556; the recursive
integration of Armitage, McPherson & Rowe, Journal of the Royal Statistical Society A 132 (1969) 235-244.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from math import ceil, inf, isnan, pi, sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Times = tuple[float, ...]
Array = npt.NDArray[np.float64]

#: A Brownian motion is farther out than this many sd with probability 4e-18.
FAR = 8.7
#: Looks nearer in information than this need more points than is worth it.
CLOSEST = 1e-3


def crossing(constant: float, times: Times, sides: int) -> float:
    """Probability, with no true difference, that |Z_j| (two sides) or Z_j (one) >= constant / sqrt(t_j) at any look.

    Absolute error below 1e-9. Raises ValueError for times that do not rise to 1 by steps of 0.001 or more.
    """
    return crossing_of((constant,) * len(times), times, sides)


@lru_cache(maxsize=4096)
def crossing_of(bounds: tuple[float, ...], times: Times, sides: int) -> float:
    """`crossing` with a bound of its own for each look, on the scale of X: Pocock's are constant * sqrt(t_j)."""
    _check(times, sides)
    if any(isnan(bound) for bound in bounds) or len(bounds) != len(times):
        raise ValueError(f"a bound for each of {len(times)} looks is needed, not {bounds}")
    if bounds[0] == -inf or (sides == 2 and min(bounds) <= 0.0):
        return 1.0
    crossed = _beyond(np.zeros(1), bounds[0], sqrt(times[0]), sides)[0]
    # `mass` is the probability to stand at each of the points `at` and not to have crossed so far; it starts at 0.
    at, mass, before = np.zeros(1), np.ones(1), 0.0
    steps = [now - then for then, now in pairwise((0.0, *times))]
    for place, (time, bound) in enumerate(zip(times[:-1], bounds[:-1], strict=True)):
        reach = FAR * sqrt(time)
        high = min(bound, reach)
        low = -high if sides == 2 else -reach
        if high <= low:
            return 1.0
        sd = sqrt(time - before)
        points, weights = _points(low, high, min(sqrt(steps[place]), sqrt(steps[place + 1])))
        gaps = (points[:, None] - at[None, :]) / sd
        mass = weights * (np.exp(-0.5 * gaps * gaps) @ mass) / (sd * sqrt(2.0 * pi))
        at, before = points, time
        crossed += float(mass @ _beyond(at, bounds[place + 1], sqrt(times[place + 1] - time), sides))
    return float(min(1.0, crossed))


def nominal_levels(times: Times, alpha: float) -> tuple[float, ...]:
    """Two-sided level of each look's own p, so that all looks together err with probability `alpha`.

    A look's p at or below its level stops. Three equally spaced looks at alpha .05: .00052, .0141, .0451.
    """
    constant = _constant(times, alpha)
    return tuple(2.0 * float(ndtr(-constant / sqrt(time))) for time in times)


def adjusted_p(p_values: Sequence[float | None], times: Times, sides: int = 2) -> float | None:
    """The p of an arm that was looked at more than once, from its p at the looks so far; None if there is none yet.

    The smallest alpha at which one of these looks would have stopped. So it is <= alpha exactly where a p is at or
    below its `nominal_levels`, it never rises from look to look, and Holm over the arms holds on it. A look without a
    test (None) stops nothing. With one side the p values are one-sided.

    Raises:
        ValueError: more p values than looks, or one that is no probability (NaN).
    """
    if len(p_values) > len(times):
        raise ValueError(f"{len(p_values)} p values for {len(times)} looks")
    if any(p is not None and not 0.0 <= p <= 1.0 for p in p_values):
        raise ValueError(f"a p value lies between 0 and 1: {list(p_values)}")
    # The lower tail keeps the digits of a small p.
    heights = [-float(ndtri(p / sides)) * sqrt(time) for p, time in zip(p_values, times, strict=False) if p is not None]
    return crossing(max(heights), times, sides) if heights else None


def control_at_looks(looks: Sequence[int], control: int) -> tuple[int, ...]:
    """Control seeds that belong to each look: the arm's share of its last look, rounded up, of `control` seeds."""
    return tuple(-(-control * look // looks[-1]) for look in looks)


def information_times(looks: Sequence[int], control: int) -> Times:
    """Share of the information at each look with these numbers of arm seeds, and the control's share at each.

    The information of a difference of means is 1 / (1/n + 1/m).
    """
    return times_of(looks, control_at_looks(looks, control))


def times_of(looks: Sequence[int], controls: Sequence[int]) -> Times:
    """Likewise with these numbers of control seeds."""
    information = [1.0 / (1.0 / n + 1.0 / m) for n, m in zip(looks, controls, strict=True)]
    return tuple(each / information[-1] for each in information)


@cache
def _constant(times: Times, alpha: float) -> float:
    """The bound on X with which all looks together err with probability `alpha`, two-sided; by halving."""
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha lies between 0 and 1: {alpha}")
    low, high = 0.0, -float(ndtri(alpha / 2.0 / len(times)))  # Bonferroni over the looks is too strict
    while high - low > 1e-10 * high:
        middle = (low + high) / 2.0
        low, high = (middle, high) if crossing(middle, times, 2) > alpha else (low, middle)
    return high


def _beyond(at: Array, bound: float, sd: float, sides: int) -> Array:
    """Probability to be at or beyond the bound one look later, from each of the points."""
    above: Array = ndtr((at - bound) / sd)
    return above + ndtr((-at - bound) / sd) if sides == 2 else above


def _points(low: float, high: float, sd: float) -> tuple[Array, Array]:
    """Gauss-Legendre points and weights on low..high, dense enough for normal curves of this sd."""
    nodes, weights = _nodes(8 * ceil((24.0 + 2.2 * (high - low) / sd) / 8.0))
    half = (high - low) / 2.0
    return low + half * (nodes + 1.0), half * weights


@cache
def _nodes(count: int) -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def _check(times: Times, sides: int) -> None:
    steps = [now - then for then, now in pairwise((0.0, *times))]
    if not times or times[-1] != 1.0 or not min(steps) >= CLOSEST:
        raise ValueError(f"the information of the looks rises to 1 by steps of {CLOSEST} or more: {times}")
    if sides not in (1, 2):
        raise ValueError(f"a test has one side or two, not {sides}")
