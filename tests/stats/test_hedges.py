"""Hedges g against printed results, and its interval's coverage."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from tests.stats.test_welch import MTCARS, SLEEP
from tinker.stats.hedges import HedgesG, bias_correction, hedges_g


def _found(arm: list[float], control: list[float], confidence: float = 0.95) -> HedgesG:
    found = hedges_g(arm, control, confidence)
    assert found is not None
    return found


def _with(mean: float, sd: float, n: int) -> list[float]:
    """Values of exactly this mean and sd (ddof 1)."""
    values = np.linspace(-1.0, 1.0, n)
    return [float(value) for value in mean + sd * values / values.std(ddof=1)]


def test_reproduces_a_textbook() -> None:
    """Borenstein, Hedges, Higgins and Rothstein, Introduction to Meta-Analysis (2009), pages 26-27."""
    found = _found(_with(103.0, 5.5, 50), _with(100.0, 4.5, 50))
    assert round(found.g, 4) == 0.5924
    assert round(found.g / bias_correction(98), 4) == 0.5970


def test_reproduces_r() -> None:
    """effectsize, help of cohens_d: mpg by am of mtcars: d -1.48 [-2.27, -0.67], g -1.44.

    Its interval of g is that of d times the correction; ours is of the true effect, which needs none.
    """
    found = _found(list(MTCARS[0]), list(MTCARS[1]))
    assert (round(found.g, 2), round(found.low, 2), round(found.high, 2)) == (-1.44, -2.27, -0.67)


@pytest.mark.parametrize(
    ("df", "correction"), [(2, math.sqrt(1 / math.pi)), (3, math.sqrt(math.pi / 6)), (4, 0.797885)]
)
def test_the_correction_is_the_exact_one(df: int, correction: float) -> None:
    """Of df 2 and 3 in closed form; the usual approximation 1 - 3/(4 df - 1) would say .571, .727 and .800."""
    assert bias_correction(df) == pytest.approx(correction, abs=1e-6)


def test_the_correction_nears_the_usual_approximation() -> None:
    for df in (30, 300, 10_000):
        assert bias_correction(df) == pytest.approx(1 - 3 / (4 * df - 1), abs=1e-4)


def test_signs_units_and_order() -> None:
    arm, control = [float(v) for v in SLEEP[0]], [float(v) for v in SLEEP[1]]
    found = _found(arm, control)
    assert found.low < found.g < 0 < found.high  # the first drug gave less sleep, not surely
    assert _found(control, arm) == HedgesG(-found.g, pytest.approx(-found.high), pytest.approx(-found.low))
    assert _found([1024 * v for v in arm[::-1]], [1024 * v for v in control]) == found


@pytest.mark.parametrize("distance", [0.0, 0.3, 30.0, 3e3, 3e8, 3e14])
@pytest.mark.parametrize("n", [2, 3, 10, 500])
def test_holds_however_far_the_means_are_apart(distance: float, n: int) -> None:
    found = _found(_with(distance, 1.0, n), _with(0.0, 1.0, n))
    narrow = _found(_with(distance, 1.0, n), _with(0.0, 1.0, n), 0.8)
    assert found.low < narrow.low < narrow.high < found.high
    assert found.low < found.g < found.high
    assert all(math.isfinite(value) for value in (found.g, found.low, found.high))


@pytest.mark.parametrize(
    ("arm", "control"), [([1.0], [2.0]), ([1.0], [2.0, 3.0]), ([], [1.0, 2.0, 3.0]), ([0.1] * 3, [0.3] * 3)]
)
def test_is_none_without_a_warning_where_there_is_no_g(arm: list[float], control: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hedges_g(arm, control) is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_refuses_values_that_are_not_finite(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        hedges_g([1.0, value], [1.0, 2.0])


@pytest.mark.parametrize(("n", "m", "effect"), [(2, 2, 0.0), (3, 3, 1.0), (3, 10, 4.0)])
def test_covers_the_true_effect_as_often_as_it_says_and_is_unbiased(n: int, m: int, effect: float) -> None:
    """4,000 draws, within 4 standard errors."""
    rng = np.random.default_rng(n)
    arms, controls = rng.normal(effect, 1, (4000, n)).tolist(), rng.normal(0, 1, (4000, m)).tolist()
    found = [_found(arm, control) for arm, control in zip(arms, controls, strict=True)]
    covered = sum(each.low <= effect <= each.high for each in found) / 4000
    assert abs(covered - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 4000)
    if n > 2:  # at 2 degrees of freedom g has no variance to judge its mean by
        g = np.array([each.g for each in found])
        assert abs(g.mean() - effect) < 4 * g.std() / math.sqrt(4000)
