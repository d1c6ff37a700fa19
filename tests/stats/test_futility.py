"""The chance to be decided by the last look, against what Brownian motion does."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from scipy.special import ndtr

from tests.stats.made_up import RULE, row, rows
from tinker.stats import tested
from tinker.stats.futility import beyond, chance, last_bound
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.t_test import TTest

TIMES = (1 / 3, 2 / 3, 1.0)
LOOKS = replace(RULE, looks=(4, 8, 12), min_effect=1e-9)
SIDE = Sample.of(rows({"arm": [2.0, 2.1, 2.2, 2.3]}), "val_loss")


def _chance(z: float, t: float, rule: Rule = LOOKS, family: int = 1, arm: Sample = SIDE) -> float | None:
    """Of an arm that is z standard errors above the control."""
    p = 2.0 * float(ndtr(-abs(z)))
    return chance(arm, SIDE, tested.Tested(TTest(z, 1.0, 1e6, z - 2, z + 2, p), p), rule, t, TIMES, family)


@pytest.mark.parametrize(("z", "t"), [(0.0, 1 / 3), (1.0, 1 / 3), (-1.5, 1 / 3), (1.2, 2 / 3), (2.4, 2 / 3)])
def test_it_is_how_often_such_an_estimate_ends_beyond_the_last_bound(z: float, t: float) -> None:
    """Truths that agree with the estimate as a flat prior has it, and then the rest of the seeds."""
    rng = np.random.default_rng(1)
    drift = rng.normal(z / sqrt(t), 1.0 / sqrt(t), 200_000)
    last = z * sqrt(t) + rng.normal(drift * (1.0 - t), sqrt(1.0 - t))
    found = _chance(z, t)
    assert found == pytest.approx(float(np.mean(np.abs(last) >= last_bound(TIMES, 0.05))), abs=0.004)


def test_the_last_bound_is_that_of_o_brien_and_fleming() -> None:
    """Jennison & Turnbull (2000), table 2.3: C_B(3, .05) = 2.004."""
    assert last_bound(TIMES, 0.05) == pytest.approx(2.004, abs=0.001)


def test_at_the_bound_it_is_an_even_chance() -> None:
    assert beyond(2.004, 0.5, 2.004) == pytest.approx(0.5)


def test_it_falls_with_more_arms_and_rises_with_the_effect() -> None:
    assert _chance(1.0, 1 / 3) > _chance(1.0, 1 / 3, family=6) > _chance(0.2, 1 / 3, family=6) > 0.0
    assert _chance(1.0, 1 / 3, replace(LOOKS, correction="none"), family=6) == _chance(1.0, 1 / 3)


def test_an_arm_that_may_be_found_equivalent_is_not_hopeless() -> None:
    assert _chance(0.0, 2 / 3) < 0.03
    assert _chance(0.0, 2 / 3, replace(LOOKS, min_effect=4.0)) > 0.99


def test_what_is_accepted_as_not_worse_counts() -> None:
    rule = replace(LOOKS, min_effect=1.6, accept="not_worse")
    assert _chance(-0.5, 2 / 3, rule) > 0.8 > 0.4 > _chance(-0.5, 2 / 3, replace(rule, accept="better"))


def test_the_side_with_a_diverged_run_cannot_win() -> None:
    lost = Sample.of([*rows({"arm": [1.0, 1.1, 1.2]}), row("arm", 3, None, status="diverged")], "val_loss")
    assert _chance(-3.0, 2 / 3, arm=lost) < 0.01 < 0.8 < _chance(-3.0, 2 / 3)
    assert _chance(3.0, 2 / 3, arm=lost) == pytest.approx(_chance(3.0, 2 / 3), abs=0.01)


def test_without_an_effect_there_is_none() -> None:
    assert chance(SIDE, SIDE, tested.Tested(None, 0.5), LOOKS, 1 / 3, TIMES, 1) is None
