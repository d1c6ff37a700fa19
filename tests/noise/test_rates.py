"""Rules of thumb on equal runs: the rates that are known, from any runs and from normal ones."""

from __future__ import annotations

import random
from math import comb, perm

import numpy as np
import pytest

from tinker.noise.rates import DRAWS, jackknife, normal_rate, rates
from tinker.noise.splits import MOST, splits
from tinker.noise.thumbs import ANY_SIZE, FIXED_SIZE, welch_test
from tinker.stats.welch import welch

THUMBS = {thumb.key: thumb for thumb in (*ANY_SIZE, *FIXED_SIZE)}


@pytest.mark.parametrize(
    ("key", "percent"),
    [
        ("two_sd", 13.5),  # simulated elsewhere, 20,000 draws: +-0.25
        ("bars_apart", 8.3),
        ("twice_the_baselines", 13.6),
        ("all_beat_all", 5.0),
        ("best_beats_best", 50.0),
        ("one_each", 50.0),
    ],
)
def test_with_normal_noise_and_three_seeds_a_rule_errs_as_often_as_is_known(key: str, percent: float) -> None:
    thumb = THUMBS[key]
    assert 100 * normal_rate(thumb, *(thumb.sizes or (3, 3)), 0.05) == pytest.approx(percent, abs=0.3)


@pytest.mark.parametrize("side", [2, 3, 5])
@pytest.mark.parametrize("key", [key for key, thumb in THUMBS.items() if thumb.normal])
def test_a_formula_gives_what_drawing_gives(key: str, side: int) -> None:
    thumb = THUMBS[key]
    assert thumb.normal is not None
    n, m = thumb.sizes or (side, side)
    draws = np.random.default_rng(1).standard_normal((DRAWS, n + m))
    drawn = thumb.sees(draws[:, :n], draws[:, n:], 0.05).mean()
    exact = thumb.normal(side)
    assert abs(drawn - exact) < 4 * (exact * (1 - exact) / DRAWS) ** 0.5


def test_the_test_on_many_splits_is_the_one_of_the_report() -> None:
    draws = np.random.default_rng(2).normal(1.9, 0.01, (300, 7))
    expected = []
    for row in draws:
        test = welch(row[:3].tolist(), row[3:].tolist(), 0.2)
        assert test is not None
        expected.append(test.p <= 0.2)
    assert 20 < sum(expected) < 100
    assert welch_test(draws[:, :3], draws[:, 3:], 0.2).tolist() == expected


def test_where_nothing_varies_no_rule_sees_an_effect() -> None:
    assert [rate.rate for rate in rates([2.0] * 6, 0.05)] == [0.0] * 12


@pytest.mark.parametrize(
    ("runs", "sizes", "ordered", "count"),
    [(6, (3, 3), False, 20), (8, (3, 3), False, 560), (7, (1, 2), True, perm(7, 3)), (8, (2, 5), False, 28 * 6)],
)
def test_few_splits_are_all_there_each_once(runs: int, sizes: tuple[int, int], ordered: bool, count: int) -> None:
    places, exact = splits(runs, *sizes, ordered)
    assert exact
    assert len({tuple(row) for row in places.tolist()}) == len(places) == count
    assert all(len(set(row)) == sum(sizes) for row in places.tolist())


def test_many_splits_are_drawn_alike_each_time() -> None:
    assert comb(21, 3) * comb(18, 3) > MOST
    places, exact = splits(21, 3, 3)
    assert not exact
    assert places.shape == (MOST, 6)
    assert all(len(set(row)) == 6 for row in places[:500].tolist())
    assert np.array_equal(places, splits(21, 3, 3)[0])
    shares = np.bincount(places.ravel(), minlength=21) / places.size
    assert np.allclose(shares, 1 / 21, atol=0.002)


def test_too_few_runs_have_no_split() -> None:
    with pytest.raises(ValueError, match="5 runs cannot be split into 3 and 3"):
        splits(5, 3, 3)


@pytest.mark.parametrize(("runs", "sides"), [(4, {2}), (5, {2}), (6, {2, 3}), (9, {2, 3}), (10, {2, 3, 5})])
def test_sides_are_as_large_as_the_runs_allow(runs: int, sides: set[int]) -> None:
    found = rates(np.random.default_rng(3).normal(size=runs).tolist(), 0.05)
    assert {rate.n_arm for rate in found if rate.thumb.sizes is None} == sides
    assert {rate.thumb.key for rate in found if rate.thumb.sizes} == {"one_each", "twice_the_baselines"}


@pytest.mark.parametrize("lower", [True, False])
def test_what_rests_on_ranks_alone_errs_alike_whatever_the_runs_are(lower: bool) -> None:
    values = [2.0**k for k in range(8)]
    found = {(rate.thumb.key, rate.n_arm): rate for rate in rates(values, 0.05, lower)}
    assert found["all_beat_all", 3].rate == pytest.approx(1 / 20)
    assert found["all_beat_all", 2].rate == pytest.approx(1 / 6)
    assert found["best_beats_best", 3].rate == found["one_each", 1].rate == 0.5
    assert found["all_beat_all", 2].error == pytest.approx(0.0, abs=1e-12)
    assert found["all_beat_all", 3].error is None, "eight runs have no two splits into 3 and 3 that share none"


def test_rates_do_not_depend_on_the_order_of_the_runs_where_all_splits_are_there() -> None:
    values = np.random.default_rng(5).normal(size=9).tolist()
    shuffled = random.Random(0).sample(values, 9)
    first, second = rates(values, 0.05), rates(shuffled, 0.05)
    assert [rate.rate for rate in first] == pytest.approx([rate.rate for rate in second])


def test_the_standard_error_covers_what_other_runs_give() -> None:
    """Over many sets of 16 normal runs the jackknife is on average no less than the true spread, and not wild."""
    rng, shares, errors = np.random.default_rng(6), [], []
    places, _ = splits(16, 2, 2)
    for _ in range(150):
        drawn = rng.standard_normal(16)[places]
        seen = THUMBS["two_sd"].sees(drawn[:, :2], drawn[:, 2:], 0.05)
        shares.append(float(seen.mean()))
        errors.append(jackknife(seen, places, 16))
    spread, told = float(np.std(shares, ddof=1)), float(np.mean(np.square(errors)) ** 0.5)
    assert spread < 1.1 * told < 2 * spread
    assert np.mean(shares) == pytest.approx(normal_rate(THUMBS["two_sd"], 2, 2, 0.05), abs=4 * spread / 150**0.5)
