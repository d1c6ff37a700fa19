"""Welch's test against printed results."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import isclose
from statistics import variance

import pytest

from tests.stats.made_up import sample_of
from tinker.stats.t_test import TTest
from tinker.stats.welch import satterthwaite, welch

# R datasets::sleep; what R prints for `t.test(extra ~ group, data = sleep)`, an example of its help page `t.test`.
SLEEP = ((0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0), (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4))
# R datasets::mtcars; what R prints for `t.test(mpg ~ am, data = mtcars)`.
MTCARS = (
    (21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 21.5, 15.5, 15.2, 13.3, 19.2),
    (21.0, 21.0, 22.8, 32.4, 30.4, 33.9, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4),
)
# Wikipedia, "Welch's t-test", version 994214781 (2020), examples 1 to 3.
WIKIPEDIA_1 = (
    (27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4),
    (27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4),
)
WIKIPEDIA_2 = (
    (17.2, 20.9, 22.6, 18.1, 21.7, 21.4, 23.5, 24.2, 14.7, 21.8),
    (
        21.5, 22.8, 21.0, 23.0, 21.6, 23.6, 22.5, 20.7, 23.4, 21.8, 20.7, 21.7, 21.5, 22.5, 23.6, 21.5, 22.5, 23.5,
        21.5, 21.8,
    ),
)  # fmt: skip
WIKIPEDIA_3 = (
    (19.8, 20.4, 19.6, 17.8, 18.5, 18.9, 18.3, 18.9, 19.5, 22.0),
    (
        28.2, 26.6, 20.1, 23.3, 25.2, 22.1, 17.7, 27.6, 20.6, 13.7, 23.2, 17.5, 20.6, 18.0, 23.9, 21.6, 24.3, 20.4,
        24.0, 13.2,
    ),
)  # fmt: skip


def _textbook(arm: Sequence[float], control: Sequence[float]) -> TTest:
    """The test as published: tinker bounds the degrees of freedom where the numbers of runs differ."""
    test = welch(arm, control, alpha=0.05)
    assert test is not None
    share, control_share = variance(arm) / len(arm), variance(control) / len(control)
    df = satterthwaite((share, control_share), (len(arm) - 1, len(control) - 1))
    assert test.df <= df * (1 + 1e-12)
    if len(arm) == len(control):
        assert isclose(test.df, df)
    return TTest.of(test.difference, test.standard_error, df, 0.05)


def test_few_runs_that_agree_do_not_borrow_the_certainty_of_a_large_control() -> None:
    control = [float(value) for value in range(20)]
    test = welch([30.0, 30.001, 30.002], control, alpha=0.05)
    assert test is not None
    assert test.df == satterthwaite((1 / 3, 1 / 20), (2, 19)) < 3


@pytest.mark.parametrize(
    ("samples", "t", "df", "p", "digits"),
    [
        (SLEEP, -1.8608, 17.776, 0.07939, (4, 3, 5)),
        (MTCARS, -3.7671, 18.332, 0.001374, (4, 3, 6)),
        (WIKIPEDIA_1, -2.46, 25.0, 0.021, (2, 1, 3)),
        (WIKIPEDIA_2, -1.57, 9.9, 0.149, (2, 1, 3)),
        (WIKIPEDIA_3, -2.22, 24.5, 0.036, (2, 1, 3)),
    ],
)
def test_reproduces_the_printed_digits(
    samples: tuple[Sequence[float], Sequence[float]], t: float, df: float, p: float, digits: tuple[int, int, int]
) -> None:
    test = _textbook(*samples)
    found = (test.difference / test.standard_error, test.df, test.p)
    assert tuple(round(value, places) for value, places in zip(found, digits, strict=True)) == (t, df, p)


@pytest.mark.parametrize(("samples", "low", "high"), [(SLEEP, -3.3654832, 0.2054832), (MTCARS, -11.280194, -3.209684)])
def test_reproduces_the_printed_interval(
    samples: tuple[Sequence[float], Sequence[float]], low: float, high: float
) -> None:
    test = _textbook(*samples)
    assert isclose(test.low, low, abs_tol=5e-7)
    assert isclose(test.high, high, abs_tol=5e-7)


def test_reproduces_the_car_mileages_of_nist() -> None:
    """NIST e-Handbook 1.3.5.3, AUTO83B.DAT, by its printed means and sd; Welch's figures as the documentation of
    Boost.Math prints them for these (example/students_t_two_samples.cpp).
    """
    test = _textbook(sample_of(20.14458, 6.41470, 249), sample_of(30.48101, 6.10771, 79))
    assert round(test.difference / test.standard_error, 5) == -12.94627
    assert round(test.df, 5) == 136.87499
    assert f"{test.p:.3e}" == "1.571e-25"


@pytest.mark.parametrize(
    ("arm", "control"),
    [([], []), ([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0]), ([1.0], [2.0]), ([0.1] * 3, [0.3] * 3)],
    ids=["nothing", "one in the arm", "one in the control", "one each", "no variance"],
)
def test_is_none_without_a_warning_where_there_is_no_test(arm: list[float], control: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert welch(arm, control, 0.05) is None


def test_takes_an_arm_without_variance_against_one_with_it() -> None:
    test = welch([0.1, 0.1, 0.1], [0.2, 0.3, 0.4], 0.05)
    assert test is not None
    assert test.df == pytest.approx(2.0)
    assert 0 < test.p < 1


def test_keeps_its_digits_for_losses_far_from_zero_and_for_tiny_spreads() -> None:
    near, far = welch([1.0, 2.0, 4.0], [3.0, 5.0, 9.0], 0.05), welch([1e-90, 2e-90, 4e-90], [3e-90, 5e-90, 9e-90], 0.05)
    assert near is not None
    assert far is not None
    assert far.p == pytest.approx(near.p, rel=1e-9)
    shifted = welch([1001.0, 1002.0, 1004.0], [1003.0, 1005.0, 1009.0], 0.05)
    assert shifted is not None
    assert shifted.p == pytest.approx(near.p, rel=1e-9)
