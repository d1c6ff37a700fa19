"""How a diverged run counts."""

from __future__ import annotations

from math import inf, nan

import pytest

from tinker.stats.diverged import as_worst


def test_the_worst_rank_is_on_the_bad_side() -> None:
    assert as_worst([2.0, 1.0], 2, lower_is_better=True) == [2.0, 1.0, inf, inf]
    assert as_worst([2.0, 1.0], 1, lower_is_better=False) == [2.0, 1.0, -inf]
    assert as_worst([], 1, lower_is_better=True) == [inf]
    assert as_worst([2.0], 0, lower_is_better=True) == [2.0]


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_value_that_is_not_finite_is_no_survivor(value: float) -> None:
    with pytest.raises(ValueError, match="diverged"):
        as_worst([1.0, value], 0, lower_is_better=True)
