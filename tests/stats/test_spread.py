"""Intervals of the seed sd."""

from __future__ import annotations

import pytest

from tinker.stats.spread import sd_interval, sd_upper_limit


@pytest.mark.parametrize(("n", "low", "high"), [(3, 0.52, 6.3), (5, 0.60, 2.9), (10, 0.69, 1.8)])
def test_multipliers_of_the_sample_sd(n: int, low: float, high: float) -> None:
    found = sd_interval(1.0, n)
    assert found is not None
    assert found == (pytest.approx(low, abs=0.005), pytest.approx(high, abs=0.05))


def test_uses_the_printed_chi_square_quantiles() -> None:
    """NIST e-Handbook 1.3.6.7.4: chi-square with 10 df, .025 and .975: 3.247 and 20.483."""
    found = sd_interval(2.0, 11)
    assert found == (
        pytest.approx(2 * (10 / 20.483) ** 0.5, rel=1e-4),
        pytest.approx(2 * (10 / 3.247) ** 0.5, rel=1e-4),
    )


@pytest.mark.parametrize(("n", "factor"), [(3, 2.1), (5, 1.6), (10, 1.3)])
def test_upper_80_percent_limit_for_planning(n: int, factor: float) -> None:
    assert sd_upper_limit(1.0, n - 1) == pytest.approx(factor, abs=0.05)


def test_one_value_has_no_spread() -> None:
    assert sd_interval(0.0, 1) is None
