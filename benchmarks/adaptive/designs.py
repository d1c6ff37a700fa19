"""Made-up grids that are run as the scheduler runs them: what is asked for is trained, until nothing is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.calibration.grids import SHARP, judged
from tests.stats.made_up import row
from tinker.stats.rule import Rule
from tinker.stats.seeds_by_need import next_seeds
from tinker.stats.square_root import square_root

Values = NDArray[np.float64]
Draw = Callable[[Generator, int], Values]
Row = dict[str, Any]
SEEDS = 12


#: Looks as a grid has them that says nothing of the control's seeds.
BY_NEED = replace(SHARP, looks=(4, 8, 12), by_need=True)


def normal(rng: Generator, seeds: int) -> Values:
    """What converged training runs are like."""
    return rng.normal(0.0, 1.0, seeds)


def skewed(rng: Generator, seeds: int) -> Values:
    """Gamma with skew 1, mean 0 and sd 1."""
    return (rng.gamma(4.0, 1.0, seeds) - 4.0) / 2.0


@dataclass(frozen=True)
class Mix:
    """Effects of the arms in sd between the control's seeds, the arms' sd over the control's, and the noise's shape."""

    effects: tuple[float, ...]
    sd: float = 1.0
    draw: Draw = normal


def finals(rng: Generator, mix: Mix) -> dict[str, list[float]]:
    """The final loss of every planned trial, whether it will be trained or not."""
    values = {"control": mix.draw(rng, square_root(len(mix.effects), SEEDS)).tolist()}
    for place, effect in enumerate(mix.effects):
        values[f"a{place}"] = (effect + mix.sd * mix.draw(rng, SEEDS)).tolist()
    return values


def run(values: Mapping[str, Sequence[float]], rule: Rule) -> tuple[dict[str, str], int]:
    """The verdicts of the shipped pipeline, and how many trials were trained because it asked for them."""
    rows = {}
    for arm, losses in values.items():
        for seed, loss in enumerate(losses):
            planned = row(arm, seed, None, status="missing")
            rows[planned["trial_id"]] = planned, loss
    table = {trial: planned for trial, (planned, _) in rows.items()}
    while (wanted := next_seeds(list(table.values()), rule)) is not None:
        for trial in wanted:
            planned, loss = rows[trial]
            table[trial] = planned | {"status": "done", "val_loss": loss, "steps": 100}
    found = judged(list(table.values()), rule)
    trained = sum(one["status"] == "done" for one in table.values())
    return {arm: one["verdict"] for arm, one in found.items()}, trained
