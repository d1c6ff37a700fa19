"""Power, minimum detectable effects and seeds needed against printed tables."""

from __future__ import annotations

import pytest

from tinker.stats.power import minimum_detectable_effect, power, seeds_for_width, seeds_needed


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


def test_power_as_printed_by_r() -> None:
    """R's help page of `power.t.test`: n = 20, delta = 1, sd = 1; and n = 22.02110 for power .90, delta 1."""
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


def test_one_run_has_no_detectable_effect_and_no_effect_needs_no_finite_number() -> None:
    assert minimum_detectable_effect(1, 5, 0.05) is None
    assert seeds_needed(0.0, 0.05) is None
    assert seeds_needed(1e-4, 0.05) is None


def test_seeds_for_width_is_the_smallest_that_does() -> None:
    assert seeds_for_width(1.0, 0.05) == 9  # t(16) = 2.120, times sqrt(2/9) is 0.9993; eight give 1.072
    assert seeds_for_width(1e-5, 0.05) is None
