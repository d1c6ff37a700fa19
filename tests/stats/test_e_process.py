"""The anytime-valid comparison: its formula, its safety when one looks after every seed, its power, its edges."""

from __future__ import annotations

import warnings
from math import sqrt

import numpy as np
import pytest
from scipy import integrate, stats

from tinker.stats.e_process import PRIOR_SD, blocks, e_process, e_value, t_reaching


@pytest.mark.parametrize(
    ("arm", "control"),
    [
        ([1.0, 2.0, 4.0], [3.0, 5.0, 9.0]),
        ([1.0, 1.2, 1.1, 0.9], [3.0, 3.3]),
        ([0.1, 0.2], [0.1, 0.3, 0.2, 0.15]),
        ([2.0], [1.0, 1.5]),
    ],
)
def test_is_the_bayes_factor_of_the_t_statistic(arm: list[float], control: list[float]) -> None:
    """Gonen et al. (2005), by numerical integration of the noncentral t over the prior of the effect."""
    n, m = len(arm), len(control)
    t = float(stats.ttest_ind(arm, control).statistic)
    root = sqrt(n * m / (n + m))
    above, _ = integrate.quad(
        lambda d: stats.nct.pdf(t, n + m - 2, d * root) * stats.norm.pdf(d, 0, PRIOR_SD), -9, 9, limit=200
    )
    assert e_value(arm, control) == pytest.approx(above / stats.t.pdf(t, n + m - 2), rel=1e-5)


@pytest.mark.parametrize(("ratio", "sd", "most"), [(1, 1.0, 0.02), (1, 3.0, 0.035), (2, 1.0, 0.022), (2, 3.0, 0.04)])
def test_looking_after_every_seed_errs_seldom(ratio: int, sd: float, most: float) -> None:
    """Stop at 20 after any of seeds 3 to 20. Longer simulations of these: .019, .031, .021, .037."""
    rng, replications = np.random.default_rng(11), 4000
    arms, controls = rng.normal(0, sd, (replications, 20)), rng.normal(0, 1, (replications, 20 * ratio))
    wrong = sum(e_process(arm.tolist(), base.tolist())[-1] >= 20 for arm, base in zip(arms, controls, strict=True))
    assert wrong / replications <= most + 2 * sqrt(most / replications)
    assert most + 2 * sqrt(most / replications) <= 0.051


def test_finds_two_sd_by_twelve_seeds() -> None:
    """Simulated elsewhere: .946."""
    rng, replications = np.random.default_rng(12), 400
    arms, controls = rng.normal(2, 1, (replications, 12)), rng.normal(0, 1, (replications, 12))
    found = sum(e_process(a.tolist(), c.tolist())[-1] >= 20 for a, c in zip(arms, controls, strict=True))
    assert found / replications == pytest.approx(0.946, abs=0.035)


def test_unit_zero_point_and_side_change_nothing() -> None:
    arm, control = [1.0, 2.0, 4.0], [3.0, 5.0, 9.0, 8.0]
    evidence = e_value(arm, control)
    assert e_value(control, arm) == pytest.approx(evidence, rel=1e-12)
    assert e_value([-v for v in arm], [-v for v in control]) == pytest.approx(evidence, rel=1e-12)
    for unit in (1e-200, 1e-9, 1e200):
        assert e_value([unit * v for v in arm], [unit * v for v in control]) == pytest.approx(evidence, rel=1e-9)
    assert e_value([100 + v for v in arm], [100 + v for v in control]) == pytest.approx(evidence, rel=1e-9)


@pytest.mark.parametrize(
    ("arm", "control"),
    [([], []), ([1.0], []), ([1.0], [2.0]), ([1.0, 1.0], [2.0, 2.0]), ([0.0, 0.0], [0.0])],
    ids=["nothing", "no control", "one each", "no variance", "zeros"],
)
def test_is_one_without_a_warning_where_there_is_no_statistic(arm: list[float], control: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert e_value(arm, control) == 1.0
        assert set(e_process(arm, control)) <= {1.0}


def test_overwhelming_evidence_stays_finite() -> None:
    arm = [float(k % 2) * 1e-12 for k in range(400)]
    assert 1e300 < e_value(arm, [1.0 + value for value in arm]) < float("inf")
    assert e_value([1e308, -1e308], [1e308, -1e308]) < 1.0


def test_equal_means_speak_for_no_difference() -> None:
    assert e_value([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) < 1.0


def test_the_process_is_the_largest_so_far_and_takes_the_controls_share() -> None:
    arm, control = [1.0, 1.1, 0.9, 2.0], [3.0, 3.2, 2.9, 3.1, 2.8, 3.3, 2.0, 1.0]
    found = e_process(arm, control)
    pairs = [(3.0 + 3.2) / 2, (2.9 + 3.1) / 2, (2.8 + 3.3) / 2, (2.0 + 1.0) / 2]
    assert blocks(arm, control) == list(zip(arm, pairs, strict=True))
    alone = [e_value(arm[:n], pairs[:n]) for n in (1, 2, 3, 4)]
    assert found == pytest.approx([max(1.0, *alone[:n]) for n in (1, 2, 3, 4)])
    assert found == sorted(found)
    assert found[3] == found[2] > alone[3]


def test_seeds_that_are_added_in_the_planned_shares_leave_the_earlier_evidence_as_it_was() -> None:
    arm, control = [1.0, 1.1, 0.9, 2.0], [3.0, 3.2, 2.9, 3.1, 2.8, 3.3, 2.0, 1.0]
    whole = e_process(arm, control, planned=(2, 4))
    for n in range(5):
        assert e_process(arm[:n], control[: 2 * n], planned=(2, 4)) == whole[:n]
    assert e_process(arm, control[:7], planned=(2, 4)) == whole[:3], "a block that lacks a run waits"
    assert e_process(control, arm, planned=(4, 2)) == pytest.approx(whole)


def test_a_value_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        e_value([1.0, float("nan")], [1.0, 2.0])


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 3), (5, 2), (20, 20)])
def test_from_that_t_on_the_evidence_is_enough(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    arm, control = rng.normal(0, 3, n), rng.normal(0, 1, m)
    for evidence in (1.5, 2.0, 3.0):
        wanted = t_reaching(evidence, n, m)
        pooled = sqrt((((arm - arm.mean()) ** 2).sum() + ((control - control.mean()) ** 2).sum()) / (n + m - 2))
        away = wanted * pooled * sqrt(1 / n + 1 / m)
        for side in (-1, 1):
            moved = arm - arm.mean() + control.mean() + side * away
            assert e_value(moved.tolist(), control.tolist()) == pytest.approx(evidence, rel=1e-9)


def test_two_blocks_are_never_enough() -> None:
    """At most the root of the prior's spread: 1 + 2.25 to the power of 3/2, less 1/2."""
    assert t_reaching(3.24, 2, 2) < float("inf")
    assert t_reaching(3.25, 2, 2) == t_reaching(20.0, 2, 2) == t_reaching(float("inf"), 9, 9) == float("inf")
