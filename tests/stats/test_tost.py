"""Equivalence tests against a printed result and against the interval that they amount to."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from tests.stats.made_up import sample_of
from tinker.stats.t_test import TTest
from tinker.stats.tost import tost
from tinker.stats.welch import welch


def test_reproduces_lakens() -> None:
    """Lakens, Social Psychological and Personality Science 8 (2017) 355-362, on Moon & Roeder, with bounds of d = .43:
    t = 2.69, p = .004; also in the help page of TOSTtwo of his R package TOSTER. (His 182 degrees of freedom are
    those of Student's test.)
    """
    arm, control = sample_of(5.25, 0.95, 95), sample_of(5.22, 0.83, 89)
    margin = 0.43 * ((0.95**2 + 0.83**2) / 2) ** 0.5
    test = welch(arm, control, 0.05)
    assert test is not None
    assert round((margin - test.difference) / test.standard_error, 2) == 2.69
    assert round(tost(test, margin), 3) == 0.004


def test_reproduces_the_skin_example_of_ctost() -> None:
    """Documentation of the R package cTOST, example of `tost`: mean 0.02270, standard error 0.13428, df 16, bounds of
    log 1.25; printed: 90 % interval -0.21174 to 0.25715, equivalence not accepted.
    """
    test = TTest.of(0.02270, 0.13428, 16, alpha=0.10)
    assert (test.low, test.high) == (pytest.approx(-0.21174, abs=2e-5), pytest.approx(0.25715, abs=2e-5))
    assert tost(test, log(1.25)) > 0.05
    assert tost(test, 0.2572) <= 0.05 < tost(test, 0.2571)


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
