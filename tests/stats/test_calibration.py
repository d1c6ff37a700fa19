"""Simulated grids through the shipped pipeline, from trial rows to verdicts: error rates hold within their noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.stats.made_up import RULE, judged, rows
from tinker.stats.power import seeds_for_width

#: So small that no arm is found equivalent, and verdicts are of the t-tests alone.
SHARP = replace(RULE, min_effect=1e-9)


def _grids(replications: int, seeds: int, sds: Sequence[float], shift: float = 0.0) -> list[dict[str, list[float]]]:
    """Grids of normal losses; the first sd is the control's, and `shift` moves the first arm."""
    rng = np.random.default_rng(7)
    draws = rng.normal(2.0, np.array(sds)[:, None], (replications, len(sds), seeds))
    draws[:, 1] += shift
    names = ["control", *(f"arm-{k}" for k in range(1, len(sds)))]
    return [dict(zip(names, draw.tolist(), strict=True)) for draw in draws]


@pytest.mark.parametrize(("seeds", "sds"), [(3, [1] * 5), (5, [1] * 2), (3, [3, 1, 1, 1, 1])])
def test_family_wise_error_is_at_most_alpha(seeds: int, sds: list[float]) -> None:
    replications = 1500
    wrong = 0
    for grid in _grids(replications, seeds, sds):
        wrong += any(found["verdict"] in ("better", "worse") for found in judged(rows(grid), SHARP).values())
    noise = (0.05 * 0.95 / replications) ** 0.5
    assert wrong / replications <= 0.055 + 2 * noise


def test_power_is_as_simulated_elsewhere() -> None:
    """Holm-Welch finds a difference of 2 sd with probability .11 at n = 3 among 4 arms (40,000 replications)."""
    replications = 2000
    grids = _grids(replications, 3, [1] * 5, shift=-2.0)
    found = sum(judged(rows(grid), SHARP)["arm-1"]["verdict"] == "better" for grid in grids)
    assert found / replications == pytest.approx(0.11, abs=0.02)


@pytest.mark.parametrize(("seeds", "control_sd"), [(3, 1.0), (5, 2.0)])
def test_intervals_cover_the_truth(seeds: int, control_sd: float) -> None:
    replications = 2000
    inside, inside_sd = 0, 0
    for grid in _grids(replications, seeds, [control_sd, 1.0], shift=0.7):
        found = judged(rows(grid), SHARP)["arm-1"]
        inside += found["low"] <= 0.7 <= found["high"]
        inside_sd += found["sd_low"] <= 1.0 <= found["sd_high"]
    assert 0.93 <= inside / replications <= 0.97
    assert 0.93 <= inside_sd / replications <= 0.97


def test_a_difference_that_matters_is_rarely_called_equivalent() -> None:
    replications = 2000
    rule = replace(RULE, min_effect=1.0)
    grids = _grids(replications, 10, [1, 1], shift=1.0)
    wrong = sum(judged(rows(grid), rule)["arm-1"]["verdict"] == "equivalent" for grid in grids)
    assert wrong / replications <= 0.05 + 2 * (0.05 * 0.95 / replications) ** 0.5


def test_the_seeds_that_are_said_to_decide_do() -> None:
    """Whatever the true difference: with the number of seeds named for the true sd, few arms stay undecided."""
    rule = replace(RULE, min_effect=1.0)
    seeds = seeds_for_width(0.5, 0.05)
    assert seeds is not None
    for shift in (0.0, 0.5, 1.0):
        grids = _grids(150, seeds, [1, 1], shift=shift)
        undecided = sum(judged(rows(grid), rule)["arm-1"]["verdict"] == "inconclusive" for grid in grids)
        assert undecided / 150 <= 0.05
