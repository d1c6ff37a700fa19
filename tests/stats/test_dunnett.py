"""Dunnett's test against printed results of other programs, and what must not change a p."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from tinker.stats.dunnett import Dunnett, dunnett
from tinker.stats.many_to_one import FLOOR

Case = tuple[Sequence[Sequence[float]], Sequence[float]]
# Dunnett (1955), blood counts (millions of cells per cubic mm) of rats on two drugs.
BLOOD: Case = (
    ((9.76, 8.80, 7.68, 9.36), (12.80, 9.68, 12.16, 9.20, 10.55)),
    (7.40, 8.50, 7.20, 8.24, 9.84, 8.32),
)
# Dunnett (1955), breaking strength (pounds) of fabric after three chemical processes.
FABRIC: Case = (((55, 64, 64), (55, 49, 52), (50, 44, 41)), (55, 47, 48))
# Thomson and Short, Journal of Applied Physiology 26 (1969), table 1: half-time of mucociliary clearance (hours).
MUCUS: Case = (((3.8, 2.7, 4.0, 2.4), (2.8, 3.4, 3.7, 2.2, 2.0)), (2.9, 3.0, 2.5, 2.6, 3.2))
# R's multcomp::glht with mcp(group = "Dunnett"): p and the 95 % bounds. It simulates the integral to +-.001.
PRINTED = {
    "blood": (BLOOD, (0.6201, 0.0058), ((-1.25641, 2.55641), (0.83963, 4.41637))),
    "fabric": (FABRIC, (0.0364, 0.8965, 0.4093), ((0.7529, 21.2471), (-8.2471, 12.2471), (-15.2471, 5.2471))),
    "mucus": (MUCUS, (0.5832, 0.9982), ((-0.68982, 1.45982), (-1.03335, 0.99335))),
}
# MATLAB's multcompare, "Acceleration" against model year in carbig: five arms of 15, 9, 3, 2 and 1, control of 64.
CARS: Case = (
    (
        (24, 27, 33, 32, 28, 19, 37, 31, 36, 36, 34, 38, 32, 38, 32),
        (26, 24, 26, 25, 29, 29.5, 16.5, 36, 44),
        (25, 27, 19),
        (25, 20),
        (28,),
    ),
    (
        18, 15, 18, 16, 17, 15, 14, 14, 14, 15, 15, 14, 15, 14, 22, 18, 21, 21, 10, 10, 11, 9, 25, 26, 17.5, 16, 15.5,
        14.5, 22, 22, 24, 22.5, 29, 24.5, 20, 18, 18.5, 17.5, 26.5, 13, 16.5, 13, 13, 13, 28, 27, 34, 31, 29, 27, 24,
        23, 38, 36, 25, 38, 26, 22, 36, 27, 27, 32, 28, 31,
    ),
)  # fmt: skip


def _tested(arms: Sequence[Sequence[float]], control: Sequence[float], alpha: float = 0.05) -> list[Dunnett]:
    found = dunnett(arms, control, alpha)
    assert found is not None
    return found


@pytest.mark.parametrize("name", PRINTED)
def test_reproduces_r(name: str) -> None:
    (arms, control), p, bounds = PRINTED[name]
    found = _tested(arms, control)
    assert [each.p for each in found] == pytest.approx(p, abs=5e-4)
    for each, (low, high) in zip(found, bounds, strict=True):
        assert (each.low, each.high) == (pytest.approx(low, abs=3e-3), pytest.approx(high, abs=3e-3))


def test_reproduces_matlab_with_very_unequal_numbers_and_a_small_p() -> None:
    """`multcompare` with "CriticalValueType", "dunnett", "Approximate", false; as quoted in scipy's own tests.

    Its smallest p is 0.2 % off: 4.7356e-06 by two integrations of ours (`test_many_to_one`).
    """
    found = [each.p for each in _tested(*CARS)]
    assert found == pytest.approx([4.727e-06, 0.022346, 0.97912, 0.99953, 0.86579], rel=2e-3)


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 3, 3, 3, 3), (1, 4, 7, 5), (10,) * 9])
def test_agrees_with_scipy_within_its_noise(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(sum(sizes))
    *arms, control = [list(rng.normal(place % 3, 1.0, n)) for place, n in enumerate(sizes)]
    theirs = stats.dunnett(*[np.array(arm) for arm in arms], control=np.array(control), rng=np.random.default_rng(1))
    found = _tested(arms, control)
    assert [each.p for each in found] == pytest.approx(theirs.pvalue, abs=1e-3)
    bounds = theirs.confidence_interval(0.95)
    width = float(np.max(bounds.high - bounds.low))
    assert [each.low for each in found] == pytest.approx(bounds.low, abs=2e-3 * width)
    assert [each.high for each in found] == pytest.approx(bounds.high, abs=2e-3 * width)


def test_of_one_arm_it_is_students_test() -> None:
    arm, control = [3.1, 3.4, 2.9], [3.0, 2.2, 2.7, 2.5]
    theirs = stats.ttest_ind(arm, control)
    interval = theirs.confidence_interval(0.95)
    assert _tested([arm], control) == [
        Dunnett(
            pytest.approx(theirs.pvalue, rel=1e-8),
            pytest.approx(interval.low, abs=1e-9),
            pytest.approx(interval.high, abs=1e-9),
        )
    ]


@pytest.mark.parametrize("place", range(5))
def test_an_interval_leaves_0_out_where_p_is_at_most_alpha(place: int) -> None:
    p = _tested(*CARS)[place].p
    for alpha, outside in ((p * (1.0 - 1e-6), False), (p * (1.0 + 1e-6), True)):
        found = _tested(*CARS, alpha)[place]
        assert (found.low > 0 or found.high < 0) == outside


def test_the_order_of_arms_and_of_runs_changes_nothing_to_the_bit() -> None:
    rng = np.random.default_rng(3)
    arms = [[float(value) for value in rng.normal(0.2 * place, 1, 3 + place % 3)] for place in range(11)]
    control = [float(value) for value in rng.normal(0, 1, 5)]
    found = _tested(arms, control)
    order = [int(place) for place in rng.permutation(len(arms))]
    assert _tested([arms[place][::-1] for place in order], control[::-1]) == [found[place] for place in order]


def test_signs_and_units_carry_over() -> None:
    arms, control = BLOOD
    found = _tested(arms, control)
    mirrored = _tested([[-v for v in arm] for arm in arms], [-v for v in control])
    for one, other in zip(found, mirrored, strict=True):
        assert (other.p, other.low, other.high) == (one.p, -one.high, -one.low)
    scaled = _tested([[1024 * v for v in arm] for arm in arms], [1024 * v for v in control])
    for one, other in zip(found, scaled, strict=True):
        assert (other.p, other.low, other.high) == (pytest.approx(one.p), 1024 * one.low, 1024 * one.high)


def test_two_hundred_arms_and_arms_of_one_run() -> None:
    rng = np.random.default_rng(4)
    control = list(rng.normal(0, 1, 3))
    many = _tested([list(rng.normal(0, 1, 3)) for _ in range(199)] + [list(rng.normal(9, 1, 3))], control)
    assert many[-1].p < 0.01
    assert all(FLOOR <= each.p <= 1.0 and each.low < each.high for each in many)
    single = _tested([[0.5], [20.0]], control)
    assert 0.0 < single[1].p < single[0].p <= 1.0


def test_a_p_beyond_the_floor_is_the_floor() -> None:
    found = _tested([[1e9, 1e9 + 1.0, 1e9 + 2.0]] * 2, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    assert [each.p for each in found] == [FLOOR, FLOOR]


@pytest.mark.parametrize(
    ("arms", "control"),
    [
        ([], [1.0, 2.0]),
        ([[1.0, 2.0]], []),
        ([[1.0, 2.0], []], [1.0, 2.0]),
        ([[1.0], [2.0]], [3.0]),
        ([[0.1] * 3, [0.7] * 3], [0.3] * 3),
    ],
    ids=["no arm", "no control", "an empty arm", "one run each", "no variance"],
)
def test_is_none_without_a_warning_where_there_is_no_test(arms: list[list[float]], control: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert dunnett(arms, control, 0.05) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_refuses_values_that_are_not_finite(value: float) -> None:
    for arms, control in (([[1.0, value]], [1.0, 2.0]), ([[1.0, 2.0]], [value, 2.0])):
        with pytest.raises(ValueError, match="finite"):
            dunnett(arms, control, 0.05)


def test_without_an_effect_the_family_errs_as_often_as_declared() -> None:
    """8 arms of 3, 3,000 draws: family-wise rate of p <= .05 and of intervals that miss, within 4 standard errors."""
    rng = np.random.default_rng(5)
    misses = 0
    for _ in range(3000):
        *arms, control = rng.normal(0, 1, (9, 3)).tolist()
        found = _tested(arms, control)
        wrong = [each.p <= 0.05 for each in found]
        assert wrong == [each.low > 0 or each.high < 0 for each in found]
        misses += any(wrong)
    assert abs(misses / 3000 - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 3000)
