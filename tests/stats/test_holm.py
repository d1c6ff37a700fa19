"""Holm's correction against printed results, and what a family is."""

from __future__ import annotations

import pytest

from tinker.stats.holm import holm


@pytest.mark.parametrize(
    ("p", "adjusted"),
    [
        # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),
        # Wikipedia, "Holm-Bonferroni method", example
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
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
