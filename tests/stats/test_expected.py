"""How many trials looks will take where nothing has an effect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.stats.made_up import RULE
from tinker.stats.expected import expected_trials

LOOKS = replace(RULE, looks=(4, 8, 12), by_need=True)


def test_without_futility_they_take_all() -> None:
    assert expected_trials(replace(LOOKS, futility=None), 6, 30) == 6 * 12 + 30


def test_futility_saves_the_more_the_stricter_it_is() -> None:
    some, more = (expected_trials(replace(LOOKS, futility=chance), 6, 30) for chance in (0.1, 0.3))
    assert 6 * 4 + 10 < more < some < 102
    # The benchmark's 2,000 grids of the shipped pipeline: benchmarks/adaptive/figures.txt.
    assert some == pytest.approx(61, abs=4)


def test_a_declared_control_is_counted_as_long_as_an_arm_goes_on() -> None:
    assert expected_trials(replace(LOOKS, by_need=False), 6, 30) > expected_trials(LOOKS, 6, 30)
