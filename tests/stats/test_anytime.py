"""The interval that holds at any time is what the e-values do not refuse, found here by going along differences."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from scipy.optimize import brentq

from tests.stats.made_up import RULE, rows
from tinker.stats.anytime import at_any_time
from tinker.stats.e_process import blocks, e_value
from tinker.stats.sample import Sample
from tinker.stats.t_test import TTest


def _effect(arms: dict[str, list[float]]) -> TTest:
    found = rows(arms)
    arm, control = (Sample.of([row for row in found if row["arm"] == name], "val_loss") for name in ("a", "control"))
    test = at_any_time(arm, control, replace(RULE, anytime=True)).test
    assert test is not None
    assert test.effect is not None
    return test.effect


def _searched(arm: list[float], control: list[float], enough: float) -> tuple[float, float]:
    low, high = -inf, inf
    means = blocks(arm, control)
    for count in range(2, len(means) + 1):
        arms, controls = (np.array(side) for side in zip(*means[:count], strict=True))

        def lacks(difference: float, arms: np.ndarray = arms, controls: np.ndarray = controls) -> float:
            return e_value((arms - difference).tolist(), controls.tolist()) - enough

        middle = float(arms.mean() - controls.mean())
        if lacks(middle + 1e3) > 0:
            low = max(low, brentq(lacks, middle - 1e3, middle, xtol=1e-14))
            high = min(high, brentq(lacks, middle, middle + 1e3, xtol=1e-14))
    return low, high


@pytest.mark.parametrize(("n", "m"), [(4, 4), (4, 8), (9, 12)])
def test_the_interval_is_what_no_look_has_refused(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    arms = {"control": rng.normal(2.0, 0.1, m).tolist(), "a": rng.normal(2.1, 0.3, n).tolist()}
    effect = _effect(arms)
    expected = _searched(arms["a"], arms["control"], 20.0)
    assert expected[0] > -inf
    assert (effect.low, effect.high) == pytest.approx(expected, abs=1e-9)


def test_two_blocks_leave_every_difference_open() -> None:
    arms = {"control": [2.0, 2.1], "a": [5.0, 5.1]}
    effect = _effect(arms)
    assert (effect.low, effect.high) == (-inf, inf)
