"""Holm's correction against printed results, and what a family is."""

from __future__ import annotations

import pytest

from tinker.stats.holm import holm


@pytest.mark.parametrize(
    ("p", "adjusted"),
    [
        # Documentation of pingouin, pingouin.multicomp, example of "holm"
        ([0.50, 0.003, 0.32, 0.054, 0.0003], [0.64, 0.012, 0.64, 0.162, 0.0015]),
        # Documentation of stdlib, @stdlib/stats/padjust, "holm" (the fourth is not printed: 2 * .374, raised)
        ([0.319, 0.201, 0.4, 0.374, 0.113], [0.957, 0.804, 0.957, 0.957, 0.565]),
        # Wikipedia, "Holm-Bonferroni method", example: its p values; .02, .03, .06, .06 by its formula
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        # By hand: 5 * .01, 4 * .02, 3 * .03, and the rest raised to that
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),
        ([0.5, 0.9], [1.0, 1.0]),
        ([0.02], [0.02]),
        ([], []),
    ],
)
def test_reproduces_printed_values(p: list[float], adjusted: list[float]) -> None:
    assert holm(p) == pytest.approx(adjusted)


def test_an_arm_without_p_counts_in_the_family() -> None:
    assert holm([0.01, None, 0.02]) == [pytest.approx(0.03), None, pytest.approx(0.04)]


def test_order_changes_nothing_even_with_ties() -> None:
    p = [0.02, 0.01, 0.02, 0.3]
    assert holm(p[::-1]) == holm(p)[::-1]
