"""The smallest p that each test can give."""

from __future__ import annotations

import pytest

from tinker.stats.paired import paired
from tinker.stats.permutation import DRAWS, permutation, sign_flip
from tinker.stats.ranks import mann_whitney, signed_rank
from tinker.stats.reach import Test, smallest_p
from tinker.stats.welch import welch


@pytest.mark.parametrize(("n", "floor"), [(2, 0.333), (3, 0.100), (4, 0.0286), (5, 0.0079), (6, 0.0022)])
@pytest.mark.parametrize("test", ["permutation", "rank"])
def test_of_equal_numbers(test: Test, n: int, floor: float) -> None:
    assert smallest_p(test, False, n, n) == pytest.approx(floor, abs=5e-4 if n < 4 else 5e-5)


@pytest.mark.parametrize(("n", "floor"), [(3, 0.25), (5, 0.0625), (6, 0.031)])
@pytest.mark.parametrize("test", ["permutation", "rank"])
def test_of_pairs(test: Test, n: int, floor: float) -> None:
    assert smallest_p(test, True, n, n) == pytest.approx(floor, abs=5e-4)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 2), (1, 30), (2, 2), (3, 3), (3, 20), (7, 4), (8, 8)])
def test_runs_that_are_as_far_apart_as_can_be_reach_it(n: int, m: int) -> None:
    arm, control = [float(v) for v in range(n)], [100.0 + v * v for v in range(m)]
    for test, found in (("permutation", permutation(arm, control)), ("rank", mann_whitney(arm, control))):
        assert found == pytest.approx(smallest_p(test, False, n, m), rel=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [1, 2, 3, 6, 12])
def test_pairs_that_are_as_far_apart_as_can_be_reach_it(n: int) -> None:
    differences = [1.0 + v * v for v in range(n)]
    assert sign_flip(differences) == smallest_p("permutation", True, n, n)
    assert signed_rank(differences) == smallest_p("rank", True, n, n + 4)


def test_drawn_relabellings_have_a_floor_of_their_own() -> None:
    assert smallest_p("permutation", False, 15, 15) == 2 / (DRAWS + 1)
    assert smallest_p("permutation", True, 30, 30) == 2 / (DRAWS + 1)
    assert permutation([float(v) for v in range(15)], [100.0 + v for v in range(15)]) == 2 / (DRAWS + 1)
    assert smallest_p("rank", False, 15, 15) < 1e-7


@pytest.mark.parametrize(("n", "m"), [(0, 0), (0, 5), (1, 1), (1, 5), (5, 1)])
def test_a_t_test_needs_two_runs_a_side(n: int, m: int) -> None:
    assert smallest_p("t", False, n, m) == smallest_p("t", True, n, m) == 1.0
    assert welch([1.0] * n, [2.0 + v for v in range(m)], 0.05) is None


def test_a_t_test_has_no_floor() -> None:
    assert smallest_p("t", False, 2, 2) == smallest_p("t", True, 2, 2) == 0.0
    far = paired([1e6, 1e6 + 1.0], [0.0, 2.0], 0.05)
    assert far is not None
    assert far.p < 1e-5


@pytest.mark.parametrize("test", ["permutation", "rank"])
@pytest.mark.parametrize("is_paired", [True, False])
def test_without_runs_there_is_nothing_to_find(test: Test, is_paired: bool) -> None:
    assert smallest_p(test, is_paired, 0, 5) == smallest_p(test, is_paired, 5, 0) == 1.0
    assert smallest_p(test, is_paired, 1, 1) == 1.0
