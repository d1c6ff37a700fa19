"""Intervals of the seed sd."""

from __future__ import annotations

import numpy as np
import pytest

from tinker.stats.spread import sd_interval, sd_ratio_interval, sd_upper_limit


@pytest.mark.parametrize(("n", "low", "high"), [(3, 0.52, 6.3), (5, 0.60, 2.9), (10, 0.69, 1.8)])
def test_multipliers_of_the_sample_sd(n: int, low: float, high: float) -> None:
    found = sd_interval(1.0, n)
    assert found is not None
    assert found == (pytest.approx(low, abs=0.005), pytest.approx(high, abs=0.05))


def test_uses_the_printed_chi_square_quantiles() -> None:
    """NIST e-Handbook 1.3.6.7.4, table of the chi-square distribution: 10 df, .025 and .975: 3.247 and 20.483."""
    found = sd_interval(2.0, 11)
    assert found == (
        pytest.approx(2 * (10 / 20.483) ** 0.5, rel=1e-4),
        pytest.approx(2 * (10 / 3.247) ** 0.5, rel=1e-4),
    )


@pytest.mark.parametrize(
    ("confidence", "low", "high"),
    [(0.50, 0.00601, 0.00662), (0.90, 0.00563, 0.00712), (0.95, 0.00551, 0.00729), (0.99, 0.00530, 0.00766)],
)
def test_reproduces_the_printed_intervals_of_the_gears(confidence: float, low: float, high: float) -> None:
    """NIST e-Handbook 1.3.5.8, GEAR.DAT (n = 100, sd 0.006278908); intervals as the documentation of Boost.Math prints
    them for it, chi squared distribution examples, "Confidence Intervals on the Standard Deviation".
    """
    found = sd_interval(0.006278908, 100, confidence)
    assert found is not None
    assert (round(found[0], 5), round(found[1], 5)) == (low, high)


def test_the_ratio_reproduces_the_printed_f_test_of_ceramic_strengths() -> None:
    """NIST e-Handbook 1.3.5.9, JAHANMI2.DAT: sd 65.54909 and 61.85425, 240 each: F = 1.123037, its cdf 0.814808.

    So the interval that leaves out this much above ends at a ratio of 1.
    """
    found = sd_ratio_interval(65.54909, 240, 61.85425, 240, confidence=2 * 0.814808 - 1)
    assert found is not None
    assert found[0] == pytest.approx(1.0, abs=5e-8 * 1e2)
    assert found[0] * found[1] == pytest.approx(1.123037, abs=1e-6)


def test_the_ratio_turns_with_its_sides() -> None:
    found, turned = sd_ratio_interval(2.0, 3, 1.0, 7), sd_ratio_interval(1.0, 7, 2.0, 3)
    assert found is not None
    assert turned is not None
    assert found == (pytest.approx(1 / turned[1]), pytest.approx(1 / turned[0]))
    assert sd_ratio_interval(1.0, 3, 1.0, 3) == (
        pytest.approx(39**-0.5),
        pytest.approx(39**0.5),
    )  # F(2, 2) is q / (1 - q)


@pytest.mark.parametrize("parts", [(1.0, 1, 1.0, 5), (1.0, 5, 1.0, 1), (0.0, 3, 1.0, 3), (1.0, 3, 0.0, 3)])
def test_there_is_no_ratio_without_two_spreads(parts: tuple[float, int, float, int]) -> None:
    assert sd_ratio_interval(*parts) is None


def test_ratio_intervals_cover_the_truth() -> None:
    rng, replications, inside = np.random.default_rng(19), 4000, 0
    arms, controls = (
        rng.normal(0, 3, (replications, 3)).std(1, ddof=1),
        rng.normal(0, 1, (replications, 5)).std(1, ddof=1),
    )
    for sd, control_sd in zip(arms.tolist(), controls.tolist(), strict=True):
        found = sd_ratio_interval(sd, 3, control_sd, 5)
        assert found is not None
        inside += found[0] <= 3.0 <= found[1]
    assert inside / replications == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(("n", "factor"), [(3, 2.1), (5, 1.6), (10, 1.3)])
def test_upper_80_percent_limit_for_planning(n: int, factor: float) -> None:
    assert sd_upper_limit(1.0, n - 1) == pytest.approx(factor, abs=0.05)


def test_one_value_has_no_spread() -> None:
    assert sd_interval(0.0, 1) is None
