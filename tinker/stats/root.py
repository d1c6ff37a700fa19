"""Where a falling function is 0, between two places on either side."""

from __future__ import annotations

from collections.abc import Callable

End = tuple[float, float]


def falling_root(function: Callable[[float], float], low: End, high: End, tolerance: float) -> End:
    """A bracket narrower than `tolerance` around the root; both of its ends are the root where it was met exactly.

    `low` and `high` are places with the function's values there, above and below 0. Regula falsi in its Illinois
    variant: few steps where the function is nearly straight, and a bracket at every step.
    """
    (left, above), (right, below), kept = low, high, 0
    while right - left > tolerance:
        middle = (left * below - right * above) / (below - above)
        found = function(middle)
        if found == 0.0:
            return middle, middle
        if found > 0.0:
            left, above, below, kept = middle, found, below / 2.0 if kept > 0 else below, 1
        else:
            right, below, above, kept = middle, found, above / 2.0 if kept < 0 else above, -1
    return left, right
