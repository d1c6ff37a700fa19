"""What a test of means cannot take: values that are not finite."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite


def demand_finite(*samples: Iterable[float]) -> None:
    """Raise ValueError on NaN and infinity: a run that diverged has no mean, and must not pass for one that has."""
    for value in (value for sample in samples for value in sample):
        if not isfinite(value):
            raise ValueError(f"a test of means takes finite values, not {value}")
