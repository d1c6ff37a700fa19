"""The noncentral t and its inversion against printed results and against integration."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import chi

from tinker.stats.noncentral_t import below, noncentrality


def _integrated(t: float, df: int, c: float) -> float:
    """P(T < t) = E[Phi(t S - c)]."""
    scale = math.sqrt(df)
    # The integrand turns where t S = c: told to the integration, which would miss a sharp step.
    turn = sorted({min(max(scale * (c + z) / t, 1e-9), 8.0 * scale + 8.0) for z in (-6, 0, 6)}) if t else []
    density = chi(df).pdf
    return float(
        quad(lambda s: density(s) * ndtr(t * s / scale - c), 0.0, 9.0 * scale + 9.0, points=turn, limit=500)[0]
    )


@pytest.mark.parametrize("df", [2, 3, 8, 38, 1000])
@pytest.mark.parametrize("t", [-60.0, -3.0, 0.0, 0.5, 4.0, 49.0, 51.0, 300.0])
def test_agrees_with_integration(df: int, t: float) -> None:
    for away in (-2.0, -1.0, 0.0, 1.0, 2.0):
        c = t + away * math.sqrt(1.0 + t * t / (2.0 * df))
        assert below(t, df, c) == pytest.approx(_integrated(t, df, c), abs=1e-7 if df == 2 else 2e-8)


@pytest.mark.parametrize(("t", "df", "c"), [(10_000.0, 2, -5.0), (20.0, 3, -13.0), (4.0, 5, -40.0)])
def test_a_far_tail_is_certain_on_its_own_side(t: float, df: int, c: float) -> None:
    """scipy gives NaN at scattered points here, on both sides."""
    assert below(t, df, c) == pytest.approx(1.0, abs=1e-6)
    assert below(-t, df, -c) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("t", [-1e4, -70.0, -50.0, -4.3, -1.0, 0.0, 0.1, 2.0, 12.7, 50.0, 51.0, 400.0, 1e4])
@pytest.mark.parametrize("df", [2, 3, 4, 8, 18, 100, 1000])
def test_the_inversion_is_one(t: float, df: int) -> None:
    found = [noncentrality(t, df, probability) for probability in (0.9995, 0.975, 0.5, 0.025, 0.0005)]
    assert found == sorted(found)
    for probability, c in zip((0.9995, 0.975, 0.5, 0.025, 0.0005), found, strict=True):
        assert below(t, df, c) == pytest.approx(probability, abs=1e-9)
        assert noncentrality(-t, df, 1.0 - probability) == pytest.approx(-c, rel=1e-8, abs=1e-8)


def test_the_two_ways_meet_where_they_change_over() -> None:
    for df in (2, 5, 50, 1000):
        for probability in (0.975, 0.025):
            near, far = (noncentrality(t, df, probability) for t in (50.0, 50.0 + 1e-7))
            assert far == pytest.approx(near, abs=1e-6)
