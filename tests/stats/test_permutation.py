"""Permutation tests against printed results and against going through every relabelling by hand."""

from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from tests.stats.test_ranks import MAIZE, PRESSURE
from tinker.stats import permutation as module
from tinker.stats.permutation import DRAWS, permutation, sign_flip


def test_reproduces_fisher_on_darwins_maize() -> None:
    """The Design of Experiments (1935), section 21: 863 of 32,768 ways give a sum of 314 or more; in inches too."""
    assert sign_flip(MAIZE) == 1726 / 32768
    assert sign_flip([eighths / 8 for eighths in MAIZE]) == 1726 / 32768
    assert sign_flip([eighths / 80 for eighths in MAIZE]) == 1726 / 32768  # no longer exact in binary


def test_reproduces_statxact_with_ties() -> None:
    """exactRankTests, tests/reg-tests.R, perm.test: one-sided .0564."""
    assert round(permutation(*PRESSURE) / 2.0, 4) == 0.0564


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (3, 3), (4, 2), (5, 5), (2, 7)])
def test_two_samples_by_going_through_all(n: int, m: int) -> None:
    """In whole numbers, where no sum is rounded."""
    rng = np.random.default_rng(10 * n + m)
    for _ in range(20):
        values = [int(value) for value in rng.integers(-6, 7, n + m)]
        sums = [sum(chosen) for chosen in combinations(values, n)]
        seen = sum(values[:n])
        expected = min(1.0, 2 * min(sum(s >= seen for s in sums), sum(s <= seen for s in sums)) / len(sums))
        for scale in (1.0, 0.1, 1e-3 / 3, 1e7):
            scaled = [3.0 * scale + value * scale for value in values]
            assert permutation(scaled[:n], scaled[n:]) == pytest.approx(expected, rel=1e-12)


def test_agrees_with_scipy() -> None:
    rng = np.random.default_rng(7)
    arm, control = rng.normal(0.5, 1, 7), rng.normal(0, 1, 6)
    theirs = stats.permutation_test((arm, control), lambda a, c: a.mean() - c.mean(), n_resamples=10**5)
    assert permutation(arm.tolist(), control.tolist()) == pytest.approx(theirs.pvalue, rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_pairs_by_going_through_all(n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(20):
        values = [int(value) for value in rng.integers(-5, 6, n)]
        sums = [sum(s * v for s, v in zip(signs, values, strict=True)) for signs in product((-1, 1), repeat=n)]
        seen = sum(values)
        expected = min(1.0, 2 * min(sum(s >= seen for s in sums), sum(s <= seen for s in sums)) / len(sums))
        for scale in (1.0, 0.1, 1e-3 / 3):
            assert sign_flip([value * scale for value in values]) == pytest.approx(expected, rel=1e-12)


def test_sums_that_are_equal_on_paper_tie() -> None:
    """Losses of three decimals: 0.1 + 0.2 is not 0.3 in binary."""
    assert permutation([3.101, 3.102], [3.103, 3.100]) == 1.0
    assert permutation([0.1, 0.2, 0.9], [0.3, 0.0, 0.9]) == 1.0
    assert sign_flip([0.1, 0.2, -0.3]) == 1.0
    assert sign_flip([3.101 - 3.1, 3.102 - 3.1, 3.1 - 3.103]) == 1.0
    assert sign_flip([v - 3.1 for v in (3.101, 3.104, 3.098, 3.103)]) == sign_flip([1, 4, -2, 3])
    assert permutation([3.1] * 4, [3.1] * 5) == 1.0


def test_values_that_differ_little_do_not_tie() -> None:
    assert permutation([3.0 + 1e-9 * k for k in range(4)], [3.0 + 1e-9 * k for k in range(9, 13)]) == 2 / 70


@pytest.mark.parametrize("shift", [0.0, 0.6, 1.2])
def test_drawn_relabellings_estimate_the_exact_p(shift: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within 4.5 standard errors of the smaller tail; and the same every time."""
    rng = np.random.default_rng(8)
    arm, control, pairs = (
        rng.normal(shift, 1, 8).tolist(),
        rng.normal(0, 1, 8).tolist(),
        rng.normal(shift, 1, 12).tolist(),
    )
    exact = permutation(arm, control), sign_flip(pairs)
    monkeypatch.setattr("tinker.stats.permutation.MOST_EXACT", 0)
    drawn = permutation(arm, control), sign_flip(pairs)
    assert drawn == (permutation(arm[::-1], control), sign_flip(pairs[::-1]))
    for estimate, truth in zip(drawn, exact, strict=True):
        assert estimate != truth
        assert abs(estimate - truth) < 9 * math.sqrt(truth / 2 * (1 - truth / 2) / DRAWS) + 2 / DRAWS


def test_a_drawn_p_is_never_0() -> None:
    assert permutation([0.0 + k for k in range(20)], [1e3 + k for k in range(20)]) == 2 / (DRAWS + 1)
    assert sign_flip([1.0 + k for k in range(40)]) == 2 / (DRAWS + 1)


def test_relabellings_are_drawn_once_for_all_arms_and_never_kept_for_very_many_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(12)
    arms = [rng.normal(0.5, 1, 10).tolist() for _ in range(3)]
    control = rng.normal(0, 1, 11).tolist()
    module._kept.cache_clear()
    found = [permutation(arm, control) for arm in arms]
    assert (module._kept.cache_info().misses, module._kept.cache_info().hits) == (1, 2)
    assert len(set(found)) == 3
    monkeypatch.setattr("tinker.stats.permutation._KEPT", 20)
    assert [permutation(arm, control) for arm in arms] == found
    assert module._kept.cache_info().hits == 2


def test_order_and_sign_change_nothing() -> None:
    rng = np.random.default_rng(9)
    arm, control = rng.normal(0.5, 1, 6).tolist(), rng.normal(0, 1, 4).tolist()
    found = permutation(arm, control)
    assert permutation(arm[::-1], control[::-1]) == permutation(control, arm) == found
    assert permutation([-v for v in arm], [-v for v in control]) == found


def test_without_runs_there_is_nothing_to_relabel() -> None:
    assert permutation([], [1.0, 2.0]) == permutation([1.0], []) == sign_flip([]) == 1.0
    assert sign_flip([0.0, 0.0, 0.0]) == 1.0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_refuses_values_that_are_not_finite(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        permutation([1.0, value], [2.0])
    with pytest.raises(ValueError, match="finite"):
        sign_flip([1.0, value])
