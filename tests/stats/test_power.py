"""Power, minimum detectable effects and seeds needed against printed tables."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import stdtr, stdtrit

from tinker.stats.power import FEW, best_split, minimum_detectable_effect, power, seeds_for_width, seeds_needed
from tinker.stats.welch import degrees_of_freedom
from tinker.stats.welch_power import welch_power


@pytest.mark.parametrize(
    ("n", "effect"), [(2, 10.39), (3, 3.51), (4, 2.51), (5, 2.08), (8, 1.52), (10, 1.33), (20, 0.91)]
)
def test_minimum_detectable_effect_at_80_percent(n: int, effect: float) -> None:
    found = minimum_detectable_effect(n, n, 0.05)
    assert found is not None
    assert round(found, 2) == effect


@pytest.mark.parametrize(
    ("alpha", "effects", "seeds"),
    [
        (0.05, (0.5, 1, 1.5, 2, 3), [64, 17, 9, 6, 4]),
        (0.05 / 4, (0.5, 1, 1.5, 2, 3), [91, 24, 12, 8, 5]),
    ],
)
def test_seeds_needed(alpha: float, effects: tuple[float, ...], seeds: list[int]) -> None:
    assert [seeds_needed(effect, alpha) for effect in effects] == seeds


@pytest.mark.parametrize(
    ("alpha", "effect", "printed"),
    [(0.05, 0.2, 393), (0.05, 0.5, 64), (0.05, 0.8, 26), (0.01, 0.5, 95), (0.01, 0.8, 38)],
)
def test_seeds_needed_as_printed_by_cohen(alpha: float, effect: float, printed: int) -> None:
    """Statistical Power Analysis (1988), table 2.4.1, made with an approximation that is up to one too few."""
    assert seeds_needed(effect, alpha) in (printed, printed + 1)


@pytest.mark.parametrize(
    ("effect", "printed"), [(0.3, 234), (0.4, 133), (0.5, 85), (0.6, 60), (0.8, 34), (1.0, 23), (1.2, 16)]
)
def test_seeds_needed_for_90_percent_as_printed_by_the_mrc(effect: float, printed: int) -> None:
    """MRC Cognition and Brain Sciences Unit, statswiki FAQ/dunp, two-tailed .05; not always rounded up."""
    assert seeds_needed(effect, 0.05, target=0.90) in (printed, printed + 1)


def test_power_as_printed_by_r() -> None:
    """Examples of R's help page `power.t.test`, as R prints them: power 0.8689528 for n = 20, delta = 1; n = 22.02110
    for power .90, delta 1.
    """
    assert power(1.0, 20, 20, 0.05) == pytest.approx(0.8689528, abs=1e-3)  # R's is of Student's test
    assert seeds_needed(1.0, 0.05, target=0.90) == 23


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 7, 0.05 / 200])
def test_seeds_needed_is_the_smallest_that_does(alpha: float) -> None:
    for effect in (0.3, 1.0, 2.2, 7.0, 50.0, 1e6):
        seeds = seeds_needed(effect, alpha)
        assert seeds is not None
        assert power(effect, seeds, seeds, alpha) >= 0.8
        assert seeds == 2 or power(effect, seeds - 1, seeds - 1, alpha) < 0.8


def test_a_larger_control_finds_more() -> None:
    equal, larger = minimum_detectable_effect(3, 3, 0.05), minimum_detectable_effect(3, 20, 0.05)
    assert equal is not None
    assert larger is not None
    assert larger < equal


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 3), (5, 5), (3, 9), (4, 20), (9, 12)])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 4])
def test_power_is_what_the_shipped_test_does(n: int, m: int, alpha: float) -> None:
    """20,000 draws of the smallest effect, within 4 standard errors."""
    effect = minimum_detectable_effect(n, m, alpha)
    assert effect is not None
    rng = np.random.default_rng(n * m)
    arms, controls = rng.normal(effect, 1.0, (20_000, n)), rng.normal(0.0, 1.0, (20_000, m))
    shares = arms.var(axis=1, ddof=1) / n, controls.var(axis=1, ddof=1) / m
    total = shares[0] + shares[1]
    df = np.array([degrees_of_freedom(part, n, m) for part in shares[0] / total])
    t = (arms.mean(axis=1) - controls.mean(axis=1)) / np.sqrt(total)
    found = float((2.0 * stdtr(df, -np.abs(t)) <= alpha).mean())
    assert abs(found - 0.8) < 4 * (0.8 * 0.2 / 20_000) ** 0.5


def test_the_exact_and_the_approximate_power_meet() -> None:
    for m in (FEW + 1, 2 * FEW, 5 * FEW):
        effect = minimum_detectable_effect(FEW + 1, m, 0.05)
        assert effect is not None
        assert welch_power(effect, FEW + 1, m, 0.05) == pytest.approx(0.80, abs=0.002)


@pytest.mark.parametrize("arms", [1, 4, 16])
def test_the_best_split_gives_the_control_the_root_of_the_arms_where_seeds_are_many(arms: int) -> None:
    n, m = best_split(60 * (arms + 1), arms, 0.05, correction=True)
    assert m / n == pytest.approx(arms**0.5, abs=0.12 * arms**0.5)
    assert arms * n + m <= 60 * (arms + 1)


@pytest.mark.parametrize("correction", [True, False])
@pytest.mark.parametrize(("trials", "arms"), [(15, 4), (25, 4), (40, 4), (61, 4), (27, 8), (72, 8), (6, 2), (7, 2)])
def test_no_other_split_finds_less(trials: int, arms: int, correction: bool) -> None:
    alpha = 0.05 / arms if correction else 0.05
    best = minimum_detectable_effect(*best_split(trials, arms, 0.05, correction), alpha)
    assert best is not None
    for n in range(2, trials // arms + 1):
        for m in range(n, trials - arms * n + 1):
            other = minimum_detectable_effect(n, m, alpha)
            assert other is not None
            assert best <= other * (1 + 1e-8)


def test_with_few_seeds_the_best_split_is_even() -> None:
    """So it is for Welch's test exactly: 4 arms of 5 seeds find 2.78 sd, of 4 with 9 of the control 2.95."""
    assert best_split(25, 4, 0.05, correction=True) == (5, 5)
    assert power(2.79, 5, 5, 0.05 / 4) > 0.80 > power(2.94, 4, 9, 0.05 / 4)


@pytest.mark.parametrize(("trials", "arms"), [(5, 2), (0, 1), (10, 0)])
def test_a_split_needs_two_seeds_of_everything(trials: int, arms: int) -> None:
    with pytest.raises(ValueError, match="too few"):
        best_split(trials, arms, 0.05, correction=True)


def test_one_run_has_no_detectable_effect_and_no_effect_needs_no_finite_number() -> None:
    assert minimum_detectable_effect(1, 5, 0.05) is None
    assert seeds_needed(0.0, 0.05) is None
    assert seeds_needed(1e-4, 0.05) is None


def test_seeds_for_width_is_the_smallest_that_does() -> None:
    assert seeds_for_width(1.0, 0.05) == 9  # t(16) = 2.120, times sqrt(2/9) is 0.9993; eight give 1.072
    assert seeds_for_width(1e-5, 0.05) is None
    assert seeds_for_width(0.0, 0.05) is None
    for half_width in (0.05, 0.31, 1.7, 30.0):
        seeds = seeds_for_width(half_width, 0.01)
        assert seeds is not None
        widths = [stdtrit(2 * n - 2, 0.995) * (2 / n) ** 0.5 for n in (seeds, max(2, seeds - 1))]
        assert widths[0] <= half_width
        assert seeds == 2 or widths[1] > half_width
