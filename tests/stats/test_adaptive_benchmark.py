"""The benchmark of seeds by need, short: its figures with few grids, and what it trains."""

from __future__ import annotations

from numpy.random import default_rng

from benchmarks.adaptive.compared import PLANTED, SETTINGS
from benchmarks.adaptive.designs import BY_NEED, finals, run
from benchmarks.calibration.grids import SHARP
from benchmarks.calibration.simulate import figures


def test_looks_lose_little_power_and_save_trials() -> None:
    planted, none = (figures(setting, 50) for setting in SETTINGS[:2])
    assert [figure for figure in (*planted, *none) if not figure.holds(slack=4.0)] == []


def test_a_fixed_number_trains_every_trial_and_looks_no_more_than_that() -> None:
    values = finals(default_rng(1), PLANTED)
    assert run(values, SHARP)[1] == 6 * 12 + 30
    assert 6 * 4 + 10 <= run(values, BY_NEED)[1] < 102
