"""Rank tests against printed results and against going through every relabelling by hand."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from tinker.stats.ranks import mann_whitney, probability, signed_rank

INF = math.inf
# Hollander and Wolfe, Nonparametric Statistical Methods (1973), pages 69 and 29; both on R's help page of wilcox.test.
PERMEABILITY = ((0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46), (1.15, 0.88, 0.90, 0.74, 1.21))
DEPRESSION = (
    (1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30),
    (0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29),
)
# Blood pressure data of StatXact, in R's exactRankTests: many ties.
PRESSURE = ((94, 108, 110, 90), (80, 94, 85, 90, 90, 90, 108, 94, 78, 105, 88))
# Darwin's maize in eighths of an inch, crossed minus self-fertilized: Fisher, The Design of Experiments (1935) table 3.
MAIZE = (49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48)


def test_reproduces_hollander_and_wolfe_of_two_samples() -> None:
    """R: W = 35, p-value = 0.1272, one-sided."""
    assert round(mann_whitney(*PERMEABILITY) / 2.0, 4) == 0.1272
    assert (1.0 - probability(*PERMEABILITY)) * 10 * 5 == pytest.approx(35)


def test_reproduces_statxact_with_ties() -> None:
    """exactRankTests, tests/reg-tests.R: one-sided .0542. Its two-sided .0989 adds the other tail, ours doubles."""
    assert round(mann_whitney(*PRESSURE) / 2.0, 4) == 0.0542


def test_reproduces_hollander_and_wolfe_of_pairs() -> None:
    """R: V = 40, p-value = 0.01953, one-sided."""
    assert round(signed_rank([x - y for x, y in zip(*DEPRESSION, strict=True)]) / 2.0, 5) == 0.01953


def test_reproduces_r_on_darwins_maize() -> None:
    """R: wilcox.test(diff): V = 96, p-value = 0.04126."""
    assert round(signed_rank(MAIZE), 5) == 0.04126


@pytest.mark.parametrize(("n", "u", "p"), [(3, 0, 2 / 20), (4, 0, 2 / 70), (4, 1, 4 / 70), (5, 2, 8 / 252)])
def test_counts_the_few_smallest_sums(n: int, u: int, p: float) -> None:
    """Of all sums of n ranks 1, 1, 2 give a U of 0, 1, 2."""
    arm = [float(rank) for rank in range(1, n)] + [n + u - 0.5 + 0.25]
    control = [float(rank) for rank in range(n, 2 * n)]
    assert mann_whitney(arm, control) == pytest.approx(p, rel=1e-12)


def _midranks(values: Sequence[float]) -> list[float]:
    return [sum(w < v for w in values) + (sum(w == v for w in values) + 1) / 2 for v in values]


def _doubled(found: Sequence[float], seen: float) -> float:
    return min(1.0, 2 * min(sum(v >= seen for v in found), sum(v <= seen for v in found)) / len(found))


SAMPLES = [
    ([1.0, 2.0, 2.0], [2.0, 3.0, 5.0, 5.0]),
    ([INF, 1.0, INF], [2.0, INF, 0.5]),
    ([INF, INF, INF], [INF, INF]),
    ([1.0], [0.0, 0.0, 0.0, 2.0]),
    ([0.3, 0.1, 0.2, 0.9, 0.7], [0.4, 0.8]),
    ([-INF, 0.0, 1.0], [0.0, 0.5]),
]


@pytest.mark.parametrize(("arm", "control"), SAMPLES)
def test_two_samples_by_going_through_all(arm: list[float], control: list[float]) -> None:
    ranks = _midranks([*arm, *control])
    sums = [sum(chosen) for chosen in combinations(ranks, len(arm))]
    assert mann_whitney(arm, control) == pytest.approx(_doubled(sums, sum(ranks[: len(arm)])), rel=1e-12)
    assert mann_whitney(control, arm) == mann_whitney(arm[::-1], control)
    wins = [(a < c) + (a == c) / 2 for a in arm for c in control]
    assert probability(arm, control) == pytest.approx(sum(wins) / len(wins))
    assert probability(control, arm) == pytest.approx(1 - sum(wins) / len(wins))


@pytest.mark.parametrize(
    "differences",
    [
        [1.0, -2.0, 3.0, 4.0],
        [0.5, 0.5, -0.5, 0.5, 2.0],
        [0.0, 1.0, -2.0, 3.0, 0.0, 3.0],
        [INF, -1.0, INF, 2.0, -INF],
        [0.0, 0.0],
        [1.0],
    ],
)
def test_pairs_by_going_through_all(differences: list[float]) -> None:
    ranks = [r for r, d in zip(_midranks([abs(d) for d in differences]), differences, strict=True) if d]
    seen = sum(r for r, d in zip(ranks, (d for d in differences if d), strict=True) if d > 0)
    sums = [sum(r for r, up in zip(ranks, ups, strict=True) if up) for ups in product((0, 1), repeat=len(ranks))]
    assert signed_rank(differences) == pytest.approx(_doubled(sums, seen), rel=1e-12)
    assert signed_rank([-d for d in differences[::-1]]) == signed_rank(differences)


@pytest.mark.parametrize(("n", "m"), [(5, 9), (20, 13), (50, 50)])
def test_agrees_with_scipys_exact_test_without_ties(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    arm, control = rng.normal(0.4, 1, n), rng.normal(0, 1, m)
    theirs = stats.mannwhitneyu(arm, control, method="exact")
    assert mann_whitney(arm.tolist(), control.tolist()) == pytest.approx(theirs.pvalue, rel=1e-9)
    assert probability(arm.tolist(), control.tolist()) == pytest.approx(1 - theirs.statistic / n / m)
    pairs = rng.normal(0.3, 1, n)
    assert signed_rank(pairs.tolist()) == pytest.approx(stats.wilcoxon(pairs, method="exact").pvalue, rel=1e-9)


def test_fifty_runs_a_side_with_ties_and_divergence() -> None:
    rng = np.random.default_rng(2)
    arm, control = np.round(rng.normal(0.3, 1, 50), 1).tolist(), np.round(rng.normal(0, 1, 50), 1).tolist()
    arm[:4] = [INF] * 4
    theirs = stats.mannwhitneyu(np.nan_to_num(arm, posinf=1e9), control, method="asymptotic")
    assert mann_whitney(arm, control) == pytest.approx(theirs.pvalue, rel=0.12)


def test_beyond_what_is_counted_the_approximation_takes_over_smoothly(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    arm, control = np.round(rng.normal(0.4, 1, 40), 1).tolist(), np.round(rng.normal(0, 1, 40), 1).tolist()
    pairs = np.round(rng.normal(0.2, 1, 80), 1).tolist()
    exact = mann_whitney(arm, control), signed_rank(pairs)
    monkeypatch.setattr("tinker.stats.ranks.MOST_EXACT", 0)
    monkeypatch.setattr("tinker.stats.ranks.MOST_EXACT_PAIRS", 0)
    found = mann_whitney(arm, control), signed_rank(pairs)
    assert 0.001 < exact[0] < 0.01  # so far out the approximation is 10 % too large; near .05 it is 3 %
    assert found[0] > exact[0]
    assert found == (pytest.approx(exact[0], rel=0.12), pytest.approx(exact[1], rel=0.03))
    assert mann_whitney([1.0, 1.0], [1.0, 1.0]) == signed_rank([0.0, 0.0]) == 1.0


def test_differences_that_are_equal_on_paper_tie() -> None:
    losses = ((3.101, 3.1), (5.101, 5.1), (2.098, 2.099), (7.302, 7.3), (4.0, 4.0))
    assert signed_rank([a - c for a, c in losses]) == signed_rank([1, 1, -1, 2, 0])
    assert signed_rank([INF, *(a - c for a, c in losses)]) == signed_rank([INF, 1, 1, -1, 2, 0])


def test_only_the_order_counts() -> None:
    arm, control = [0.1, 0.5, 0.9, 0.3], [0.2, 0.8, 1.5]
    bent = mann_whitney([math.exp(9 * v) for v in arm], [math.exp(9 * v) for v in control])
    assert bent == mann_whitney(arm, control)


def test_a_side_without_runs_says_nothing() -> None:
    assert mann_whitney([], [1.0, 2.0]) == mann_whitney([1.0], []) == signed_rank([]) == 1.0
    with pytest.raises(ValueError, match="runs on both sides, not 0 and 2"):
        probability([], [1.0, 2.0])


@pytest.mark.parametrize("function", [mann_whitney, probability, lambda arm, control: signed_rank([*arm, *control])])
def test_refuses_nan_without_a_warning(function: object) -> None:
    assert callable(function)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="not nan"):
            function([1.0, 2.0], [1.0, math.nan])
        function([1.0, INF], [INF, -INF])
