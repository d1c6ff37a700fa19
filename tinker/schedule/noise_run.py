"""Runs of a control for its own sake: how noisy it is, before or beside the grid that compares arms with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

from rich.console import Console

from tinker.grid.schema import Grid
from tinker.grid.seeds import SeedPlan
from tinker.noise.find import SUFFIX
from tinker.schedule.grid_run import run_grids
from tinker.spec import Seeds


def train_controls(
    grid: str, overrides: Sequence[str], seeds: int, results: Path, console: Console, again: str, *, force: bool = False
) -> int:
    """Trains the grid's control with so many seeds, as far as the store lacks them; `again` is the command for it.

    Returns, Raises:
        as `run_grid`.
    """
    return run_grids(
        [grid],
        overrides,
        results,
        console,
        force=force,
        variant=lambda loaded: control_only(loaded, seeds),
        again=again,
    )


def control_only(grid: Grid, seeds: int) -> Grid:
    """The grid without arms, under a name of its own, with the control's first seeds and then the first unused ones.

    Seeds that arms were tuned on are left out: what was chosen on them is not as noisy there as elsewhere.
    """
    plan = grid.seed_plan
    used = {*plan.control, *plan.tuning}
    fresh = (seed for seed in (Seeds(n, n) for n in count(1)) if seed not in used)
    chosen = tuple(islice((*plan.control, *islice(fresh, seeds)), seeds))
    return replace(
        grid,
        results_name=grid.results_name + SUFFIX,
        kin=grid.results_name,
        question=f"How noisy is {grid.control}?",
        hypothesis="",
        arms={},
        axes={},
        zip={},
        include=[],
        tune=None,
        exclude=[],
        seed_plan=SeedPlan(chosen, chosen, plan.tuning),
    )
