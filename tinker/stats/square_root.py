"""How many seeds a control that all arms share should have."""

from __future__ import annotations

from math import isqrt


def square_root(arms: int, seeds: int) -> int:
    """sqrt(arms) times the seeds of an arm, rounded up: what makes the standard errors smallest for its trials.

    Dunnett, Journal of the American Statistical Association 50 (1955) 1096-1121.
    """
    square = max(1, arms) * seeds * seeds
    return isqrt(square - 1) + 1
