"""Power, minimum detectable effects and seeds needed against printed tables."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betaincinv, nctdtr, stdtrit

from tinker.stats.power import best_split, minimum_detectable_effect, power, seeds_for_width, seeds_needed


@pytest.mark.parametrize(
    ("n", "effect"), [(2, 5.65), (3, 3.07), (4, 2.38), (5, 2.02), (8, 1.51), (10, 1.32), (20, 0.91)]
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
    assert power(1.0, 20, 20, 0.05) == pytest.approx(0.8689528, abs=5e-6)
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


def _welch_power(effect: float, n: int, m: int, alpha: float) -> float:
    """Exact for equal sd: given the share b of the arm in the sum of squares (a beta), Welch's t is the pooled t over
    a number that depends on b alone, and the pooled t is noncentral t whatever b is.
    """
    nodes, weights = np.polynomial.legendre.leggauss(40)
    b = betaincinv((n - 1) / 2, (m - 1) / 2, (nodes + 1) / 2)
    share, control_share = b * (n + m - 2) / (n - 1) / n, (1 - b) * (n + m - 2) / (m - 1) / m
    df = (share + control_share) ** 2 / (share**2 / (n - 1) + control_share**2 / (m - 1))
    root = np.sqrt(1 / n + 1 / m)
    critical = stdtrit(df, 1 - alpha / 2) * np.sqrt(share + control_share) / root
    found = 1 - nctdtr(n + m - 2, effect / root, critical) + nctdtr(n + m - 2, effect / root, -critical)
    return float(weights @ np.nan_to_num(found) / 2)


@pytest.mark.parametrize(
    ("n", "m"), [(5, 5), (8, 8), (20, 20), (4, 9), (5, 7), (5, 20), (8, 26), (9, 12), (20, 60), (10, 100)]
)
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 4])
def test_power_is_that_of_welchs_test_from_five_seeds_on(n: int, m: int, alpha: float) -> None:
    """Counting n + m - 2 degrees of freedom would be .11 off at 5 against 20 and alpha .05, and .28 at 3 against 20."""
    effect = minimum_detectable_effect(n, m, alpha)
    assert effect is not None
    assert _welch_power(effect, n, m, alpha) == pytest.approx(0.80, abs=0.05)
    assert power(effect, n, m, alpha) == pytest.approx(0.80, abs=1e-8)


def test_power_at_very_few_seeds_is_less_than_said_by_the_documented_amount() -> None:
    found = {}
    for n in (2, 3, 5):
        effect = minimum_detectable_effect(n, n, 0.05)
        assert effect is not None
        found[n] = round(_welch_power(effect, n, n, 0.05), 2)
    assert found == {2: 0.48, 3: 0.70, 5: 0.78}


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
    assert _welch_power(2.79, 5, 5, 0.05 / 4) > 0.80 > _welch_power(2.94, 4, 9, 0.05 / 4)


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
