"""Group-sequential looks against printed constants, an independent integral, and simulated grids."""

from __future__ import annotations

import warnings
from math import sqrt

import numpy as np
import pytest
from scipy import stats

from tinker.stats.sequential import (
    adjusted_p,
    control_at_looks,
    crossing,
    crossing_of,
    information_times,
    nominal_levels,
)
from tinker.stats.welch import welch


def _equal(looks: int) -> tuple[float, ...]:
    return tuple((look + 1) / looks for look in range(looks))


@pytest.mark.parametrize(("looks", "printed"), [(2, 1.977), (3, 2.004), (4, 2.024), (5, 2.040)])
def test_obrien_fleming_constants_are_the_printed_ones(looks: int, printed: float) -> None:
    """Jennison & Turnbull, Group Sequential Methods (2000), table 2.3, alpha .05."""
    assert crossing(printed + 0.0005, _equal(looks), 2) < 0.05 < crossing(printed - 0.0005, _equal(looks), 2)


@pytest.mark.parametrize(
    ("alpha", "printed"),
    [(0.01, (2.772, 2.873, 2.939, 2.986)), (0.05, (2.178, 2.289, 2.361, 2.413)), (0.10, (1.875, 1.992, 2.067, 2.122))],
)
def test_pococks_constants_are_the_printed_ones(alpha: float, printed: tuple[float, ...]) -> None:
    """Jennison & Turnbull (2000), table 2.1, for 2 to 5 looks; first in Pocock, Biometrika 64 (1977) 191-199."""
    for times, constant in zip(map(_equal, (2, 3, 4, 5)), printed, strict=True):
        lower, upper = (
            crossing_of(tuple(c * sqrt(t) for t in times), times, 2) for c in (constant + 0.0005, constant - 0.0005)
        )
        assert lower < alpha < upper


def test_nominal_levels_are_the_printed_ones() -> None:
    """O'Brien & Fleming (1979) at two and three equally spaced looks, as commonly tabled: .0052 and .0480; and on."""
    assert [round(level, 4) for level in nominal_levels(_equal(2), 0.05)] == [0.0052, 0.0480]
    assert [round(level, 5) for level in nominal_levels(_equal(3), 0.05)] == [0.00052, 0.01411, 0.04507]


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("time", [0.01, 0.2, 0.5, 0.97])
@pytest.mark.parametrize("constant", [0.3, 1.5, 2.5])
def test_two_looks_agree_with_the_bivariate_normal(time: float, constant: float, sides: int) -> None:
    cov = [[time, time], [time, 1.0]]
    low = [-constant] * 2 if sides == 2 else [-np.inf] * 2
    stays = stats.multivariate_normal([0, 0], cov).cdf([constant] * 2, lower_limit=low)
    assert crossing(constant, (time, 1.0), sides) == pytest.approx(1.0 - stays, abs=1e-7)


def test_one_look_is_the_normal_test() -> None:
    assert crossing(1.959963984540054, (1.0,), 2) == pytest.approx(0.05, abs=1e-12)
    assert nominal_levels((1.0,), 0.05) == (pytest.approx(0.05, abs=1e-9),)
    assert adjusted_p([0.03], (1.0,)) == pytest.approx(0.03, abs=1e-12)
    assert adjusted_p([0.03], (1.0,), sides=1) == pytest.approx(0.03, abs=1e-12)


@pytest.mark.parametrize("times", [(0.34, 0.7, 1.0), (0.01, 1.0), (0.5, 0.501, 1.0), _equal(10)])
def test_a_p_at_its_nominal_level_is_adjusted_to_alpha(times: tuple[float, ...]) -> None:
    for alpha in (0.05, 0.001):
        for look, level in enumerate(nominal_levels(times, alpha)):
            if level > 1e-300:
                assert adjusted_p([None] * look + [level], times) == pytest.approx(alpha, rel=1e-6)


def test_more_looks_never_raise_the_adjusted_p_and_never_beat_the_best_one() -> None:
    times = _equal(3)
    found = [adjusted_p([0.2, 0.004, 0.03][:looks], times) for looks in (1, 2, 3)]
    assert all(p is not None for p in found)
    assert found == sorted(found, reverse=True)  # type: ignore[type-var]
    assert found[2] == adjusted_p([None, 0.004, None], times)


def test_ends_of_the_scale_leak_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sides in (1, 2):
            assert adjusted_p([0.0], _equal(3), sides) == 0.0
            assert adjusted_p([1.0, 1.0], _equal(3), sides) == 1.0
        assert adjusted_p([], _equal(3)) is None
        assert adjusted_p([None, None], _equal(3)) is None
        assert crossing(-0.5, (0.3, 1.0), 2) == 1.0
        assert crossing(50.0, _equal(4), 2) == 0.0
        assert crossing(-50.0, _equal(4), 1) == 1.0


@pytest.mark.parametrize("times", [(), (0.5,), (0.5, 0.4, 1.0), (0.5, 0.5, 1.0), (0.0, 1.0), (float("nan"), 1.0)])
def test_times_that_are_no_looks_are_refused(times: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="rises to 1"):
        crossing(2.0, times, 2)


def test_what_is_no_probability_is_refused() -> None:
    for p in (float("nan"), -0.1, 1.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            adjusted_p([p], _equal(2))
    with pytest.raises(ValueError, match="3 p values for 2 looks"):
        adjusted_p([0.1, 0.1, 0.1], _equal(2))
    with pytest.raises(ValueError, match="alpha"):
        nominal_levels(_equal(2), float("nan"))
    with pytest.raises(ValueError, match="bound"):
        crossing(float("nan"), _equal(2), 2)
    with pytest.raises(ValueError, match="not 3"):
        crossing(2.0, _equal(2), 3)


def test_the_control_keeps_its_share_at_each_look() -> None:
    assert control_at_looks([4, 8, 12], 12) == (4, 8, 12)
    assert control_at_looks([4, 8, 12], 20) == (7, 14, 20)
    assert information_times([4, 8, 12], 12) == pytest.approx((1 / 3, 2 / 3, 1))
    first = 1 / (1 / 4 + 1 / 7) / (1 / (1 / 12 + 1 / 20))
    assert information_times([4, 8, 12], 20)[0] == pytest.approx(first)
    assert information_times([4, 8, 12], 20)[-1] == 1.0


@pytest.mark.parametrize(("control", "control_sd"), [(12, 1.0), (12, 3.0), (24, 1.0)])
def test_looks_on_welchs_p_hold_their_error(control: int, control_sd: float) -> None:
    """Simulated elsewhere: .049 to .052; 2 standard errors of 4,000 grids are .007."""
    rng = np.random.default_rng(5)
    looks, replications = (4, 8, 12), 4000
    shares, times = control_at_looks(looks, control), information_times(looks, control)
    levels, wrong = nominal_levels(times, 0.05), 0
    arms, controls = rng.normal(0, 1, (replications, 12)), rng.normal(0, control_sd, (replications, control))
    for arm, base in zip(arms, controls, strict=True):
        tests = [welch(arm[:n].tolist(), base[:m].tolist(), 0.05) for n, m in zip(looks, shares, strict=True)]
        wrong += any(test is not None and test.p <= level for test, level in zip(tests, levels, strict=True))
    assert wrong / replications <= 0.055 + 0.007
