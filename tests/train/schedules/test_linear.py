"""The straight line at its landmarks."""

from __future__ import annotations

import pytest

from tinker.train.schedules.linear import Linear


def test_the_rate_falls_from_the_peak_to_the_floor_in_equal_steps() -> None:
    rate = Linear(Linear.Config(warmup_steps=10, min_lr=0.1), 1.0, 100)
    assert rate(0) == pytest.approx(1 / 11)
    assert rate(10) == 1.0
    assert rate(55) == pytest.approx(0.55)
    assert rate(99) == pytest.approx(0.11)
    assert rate(100) == rate(1000) == 0.1
    assert [rate(s) - rate(s + 1) for s in range(10, 100)] == pytest.approx([0.01] * 90)


def test_without_a_floor_the_line_ends_at_zero_one_past_the_last_step() -> None:
    rate = Linear(Linear.Config(warmup_steps=0, min_lr=0.0), 1.0, 4)
    assert [rate(step) for step in range(5)] == [1.0, 0.75, 0.5, 0.25, 0.0]
