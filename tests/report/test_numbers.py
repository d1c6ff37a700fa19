"""Numbers show what is known and no more."""

from __future__ import annotations

import pytest

from tinker.report.numbers import decimals, fixed, magnitude, probability


@pytest.mark.parametrize(
    ("p", "text"),
    [(None, "-"), (1e-9, "<.0001"), (0.00026, ".00026"), (0.0123, ".012"), (0.0501, ".050"), (0.5, ".500"), (1.0, "1")],
)
def test_probability(p: float | None, text: str) -> None:
    assert probability(p) == text


@pytest.mark.parametrize(("spreads", "places"), [([0.0038], 4), ([0.2, None, 0.0], 2), ([300.0], 0), ([], 4)])
def test_decimals_give_the_spread_two_digits(spreads: list[float | None], places: int) -> None:
    assert decimals(spreads) == places


@pytest.mark.parametrize(
    ("value", "text"), [(10_745_088, "10.7M"), (999, "999"), (999_600, "1M"), (None, "-"), (7.4e3, "7.4k")]
)
def test_magnitude(value: float | None, text: str) -> None:
    assert magnitude(value) == text


def test_fixed_keeps_the_sign_of_an_effect() -> None:
    assert (fixed(0.5, 2, sign=True), fixed(-0.5, 2, sign=True), fixed(None, 2)) == ("+0.50", "-0.50", "-")
