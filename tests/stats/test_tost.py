"""Equivalence tests against a printed result and against the interval that they amount to."""

from __future__ import annotations

import numpy as np
import pytest

from tinker.stats.tost import tost
from tinker.stats.welch import welch


def _sample(mean: float, sd: float, n: int) -> list[float]:
    """Values with exactly this mean and sd."""
    values = np.arange(n, dtype=float)
    standard = (values - values.mean()) / values.std(ddof=1)
    return list(mean + sd * standard)


def test_reproduces_lakens() -> None:
    """Lakens, Social Psychological and Personality Science 8 (2017) 355-362, on Moon & Roeder: t = 2.69, p = .004."""
    arm, control = _sample(5.25, 0.95, 95), _sample(5.22, 0.83, 89)
    margin = 0.43 * ((0.95**2 + 0.83**2) / 2) ** 0.5
    test = welch(arm, control, 0.05)
    assert test is not None
    assert round((margin - test.difference) / test.standard_error, 2) == 2.69
    assert round(tost(test, margin), 3) == 0.004


@pytest.mark.parametrize("shift", [-0.9, -0.3, 0.0, 0.2, 0.7])
def test_agrees_with_the_interval_inside_the_margin(shift: float) -> None:
    rng = np.random.default_rng(1)
    arm, control = list(rng.normal(shift, 1, 12)), list(rng.normal(0, 1, 15))
    narrow = welch(arm, control, alpha=0.10)  # 1 - 2 * 0.05
    assert narrow is not None
    for margin in (0.1, 0.5, 0.8, 1.2, 2.0):
        inside = -margin < narrow.low and narrow.high < margin
        assert (tost(narrow, margin) <= 0.05) == inside


def test_refuses_a_margin_that_is_not_positive() -> None:
    test = welch([1.0, 2.0], [1.0, 3.0], 0.05)
    assert test is not None
    with pytest.raises(ValueError, match="positive"):
        tost(test, 0.0)
