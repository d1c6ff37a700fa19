"""How a diverged run counts."""

from __future__ import annotations

from math import inf, log, nan

import pytest

from tinker.stats.diverged import as_worst, capped


def test_the_worst_rank_is_on_the_bad_side() -> None:
    assert as_worst([2.0, 1.0], 2, lower_is_better=True) == [2.0, 1.0, inf, inf]
    assert as_worst([2.0, 1.0], 1, lower_is_better=False) == [2.0, 1.0, -inf]
    assert as_worst([], 1, lower_is_better=True) == [inf]
    assert as_worst([2.0], 0, lower_is_better=True) == [2.0]


def test_a_loss_is_never_above_the_cap() -> None:
    cap = log(256)
    assert capped([2.0, 9.0, cap], 2, cap) == [2.0, cap, cap, cap, cap]
    assert capped([], 0, cap) == []


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_value_that_is_not_finite_is_no_survivor(value: float) -> None:
    with pytest.raises(ValueError, match="diverged"):
        as_worst([1.0, value], 0, lower_is_better=True)
    with pytest.raises(ValueError, match="diverged"):
        capped([1.0, value], 0, 5.0)
    with pytest.raises(ValueError, match="finite"):
        capped([1.0], 0, value)
