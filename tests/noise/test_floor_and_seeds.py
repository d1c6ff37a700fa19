"""The noise floor and the seeds that effects need, against printed figures and by drawing."""

from __future__ import annotations

import numpy as np
import pytest

from tinker.noise.floor import SIZES, Floor
from tinker.noise.needed import EFFECTS, needed


def test_the_floor_is_that_of_the_values() -> None:
    floor = Floor.of([1.0, 2.0, 6.0])
    assert (floor.n, floor.mean, floor.least, floor.most) == (3, 3.0, 1.0, 6.0)
    assert floor.sd == pytest.approx(7**0.5)
    assert floor.cv == pytest.approx(7**0.5 / 3)
    # Multipliers of three values: .52, 6.3 and, one-sided at 80 %, 2.1.
    assert floor.sd_low / floor.sd == pytest.approx(0.52, abs=0.005)
    assert floor.sd_high / floor.sd == pytest.approx(6.3, abs=0.05)
    assert floor.sd_upper / floor.sd == pytest.approx(2.1, abs=0.05)


def test_a_mean_of_zero_has_no_cv() -> None:
    assert Floor.of([-1.0, 1.0]).cv is None


@pytest.mark.parametrize("runs", [3, 8])
@pytest.mark.parametrize("size", SIZES)
def test_two_equal_arms_differ_by_less_in_95_of_100_cases(runs: int, size: int) -> None:
    """The runs that the floor comes from are drawn anew for each case, and so are the two arms."""
    rng, cases, below = np.random.default_rng(8), 4000, 0
    for _ in range(cases):
        floor = Floor.of(rng.normal(2.0, 0.3, runs).tolist())
        means = rng.normal(2.0, 0.3, (2, size)).mean(axis=1)
        below += abs(means[0] - means[1]) <= floor.chance[size]
    assert below / cases == pytest.approx(0.95, abs=4 * (0.05 * 0.95 / cases) ** 0.5)


def test_seeds_are_those_of_the_printed_table() -> None:
    floor = Floor.of(np.random.default_rng(9).normal(2.0, 0.1, 10).tolist())
    rows = needed(floor, 0.05, (1, 4), None)
    assert tuple(row.in_sd for row in rows) == pytest.approx(EFFECTS)
    assert [row.seeds[1][0] for row in rows] == [64, 17, 9, 6, 4]
    assert [row.seeds[4][0] for row in rows] == [91, 24, 12, 8, 5]
    assert all(upper > at for row in rows[:4] for at, upper in [row.seeds[1]] if at and upper)


def test_min_effect_stands_among_the_others_by_size() -> None:
    floor = Floor.of([1.0, 1.2, 1.4])
    rows = needed(floor, 0.05, (1,), 0.35)
    assert [row.is_min_effect for row in rows] == [False, False, False, True, False, False]
    assert rows[3].share == pytest.approx(0.35 / 1.2)
    assert rows[3].effect == 0.35


def test_an_effect_that_no_grid_can_find_needs_no_number() -> None:
    [row] = [row for row in needed(Floor.of([1.0, 2.0]), 0.05, (1,), 1e-6) if row.is_min_effect]
    assert row.seeds[1] == (None, None)
