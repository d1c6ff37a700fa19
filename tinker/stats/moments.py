"""Variance of a few values: the same to the last digit in whatever order they come, and 0 for equal ones."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum


def variance(values: Sequence[float]) -> float:
    """Sample variance (n - 1) of two finite values or more.

    Distances from the least value are summed without rounding. `statistics.variance` is exact too, and 20 times slower:
    its fractions would be half of the time of a comparison.
    """
    least = min(values)
    distances = [value - least for value in values]
    mean = fsum(distances) / len(values)
    return fsum((distance - mean) ** 2 for distance in distances) / (len(values) - 1)
