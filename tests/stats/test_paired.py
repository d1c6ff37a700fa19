"""Tests of pairs against printed results, and when pairing pays."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from scipy.special import stdtrit

from tests.stats.test_ranks import MAIZE
from tests.stats.test_welch import SLEEP
from tinker.stats.paired import break_even, correlation, paired
from tinker.stats.power import minimum_detectable_effect
from tinker.stats.t_test import TTest

# Anscombe, The American Statistician 27 (1973) 17-21: both sets have r = .816.
X = (10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0)
Y1 = (8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68)
Y2 = (9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74)


def _tested(arm: list[float] | tuple[float, ...], control: list[float] | tuple[float, ...]) -> TTest:
    found = paired(arm, control, 0.05)
    assert found is not None
    return found


def test_reproduces_r_on_students_sleep() -> None:
    """R's help page of `sleep`: t = -4.0621, df = 9, p-value = 0.002833, interval -2.4598858 -0.7001142, mean -1.58."""
    found = _tested(*SLEEP)
    assert round(found.difference / found.standard_error, 4) == -4.0621
    assert (found.df, round(found.p, 6), round(found.difference, 2)) == (9, 0.002833, -1.58)
    assert (round(found.low, 7), round(found.high, 7)) == (-2.4598858, -0.7001142)


def test_reproduces_fisher_on_darwins_maize() -> None:
    """The Design of Experiments (1935), section 17: t = 2.148 with 14 degrees of freedom, just beyond 5 %."""
    found = _tested(MAIZE, [0] * 15)
    assert round(found.difference / found.standard_error, 3) == 2.148
    assert round(found.p, 4) == 0.0497


@pytest.mark.parametrize("y", [Y1, Y2])
def test_reproduces_anscombe(y: tuple[float, ...]) -> None:
    found = correlation(X, y)
    assert found is not None
    assert round(found, 3) == 0.816


def test_the_order_of_pairs_changes_nothing() -> None:
    assert paired(SLEEP[0][::-1], SLEEP[1][::-1], 0.05) == paired(*SLEEP, 0.05)
    assert correlation(X[::-1], Y1[::-1]) == correlation(X, Y1) == correlation(Y1, X)


@pytest.mark.parametrize(
    ("arm", "control"),
    [([], []), ([1.0], [2.0]), ([1.0, 2.0], [2.0, 3.0]), ([2.1, 3.1, 5.1], [2.0, 3.0, 5.0]), ([4.0, 4.0], [4.0, 4.0])],
    ids=["nothing", "one pair", "equal differences", "equal but for rounding", "no variance at all"],
)
def test_is_none_without_a_warning_where_there_is_no_test(arm: list[float], control: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert paired(arm, control, 0.05) is None


def test_losses_that_differ_in_the_tenth_digit_are_tested() -> None:
    found = _tested([3.0 + 1e-10, 3.0 + 3e-10, 3.0 + 2e-10], [3.0, 3.0, 3.0])
    assert found.difference == pytest.approx(2e-10, rel=1e-5)


@pytest.mark.parametrize(
    ("arm", "control"),
    [([1.0, 2.0], [2.0, 5.0]), ([0.1, 0.1, 0.1], [1.0, 2.0, 3.0]), ([1.0, 2.0, 3.0], [0.3, 0.3, 0.3])],
)
def test_no_correlation_of_two_pairs_or_of_a_constant(arm: list[float], control: list[float]) -> None:
    assert correlation(arm, control) is None


@pytest.mark.parametrize("scale", [1e-140, 1.0, 1e140])
def test_a_line_has_a_correlation_of_one_at_any_scale(scale: float) -> None:
    values = [scale * v for v in (1.0, 2.0, 4.0, 9.0)]
    assert correlation(values, [3.0 * v for v in values]) == pytest.approx(1.0, abs=1e-12)
    assert correlation(values, [-v for v in values]) == pytest.approx(-1.0, abs=1e-12)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_refuses_values_that_are_not_finite_and_sides_that_are_not_aligned(value: float) -> None:
    for call in (lambda a, c: paired(a, c, 0.05), correlation):
        with pytest.raises(ValueError, match="finite"):
            call([1.0, 2.0, 3.0], [1.0, value, 2.0])
        with pytest.raises(ValueError, match=r"shorter|longer"):
            call([1.0, 2.0, 3.0], [1.0, 2.0])


@pytest.mark.parametrize(("n", "rho"), [(2, 0.595), (3, 0.423), (4, 0.298), (5, 0.232), (8, 0.135), (10, 0.106)])
def test_break_even_correlation(n: int, rho: float) -> None:
    found = break_even(n)
    assert found is not None
    assert abs(found - rho) <= 0.0051  # 10 pairs: .115


@pytest.mark.parametrize("n", [2, 3, 6])
def test_at_the_break_even_pairs_find_what_unpaired_runs_find(n: int) -> None:
    """80 % of 100,000 draws of the smallest effect of the unpaired test, within 4 standard errors."""
    rho, effect = break_even(n), minimum_detectable_effect(n, n, 0.05)
    assert rho is not None
    assert effect is not None
    differences = np.random.default_rng(n).normal(effect, math.sqrt(2.0 * (1.0 - rho)), (100_000, n))
    t = differences.mean(axis=1) / differences.std(axis=1, ddof=1) * math.sqrt(n)
    found = float((np.abs(t) > stdtrit(n - 1, 0.975)).mean())
    assert abs(found - 0.8) < 4 * math.sqrt(0.8 * 0.2 / 100_000)


def test_break_even_falls_with_pairs_and_rises_as_alpha_falls() -> None:
    found = [break_even(n) or 0.0 for n in range(2, 30)]
    assert found == sorted(found, reverse=True)
    assert all(0.0 < value < 1.0 for value in found)
    assert (break_even(3, 0.05 / 4) or 0.0) > (break_even(3) or 1.0)
    assert break_even(1) is None
