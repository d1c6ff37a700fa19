"""Which arms a run times before it goes on, so that it can say what its budget is enough for."""

from __future__ import annotations

from collections.abc import Iterator

from tinker.grid.expand import Plan
from tinker.grid.schema import Grid
from tinker.schedule.estimate import known_times
from tinker.schedule.job import Job, Stage
from tinker.store.store import Store


def wants_pilot(grid: Grid) -> bool:
    """Whether something that the grid declares cannot be planned without a timing."""
    return grid.budget.hours is not None or grid.budget.usd is not None or grid.resources.gpus == "auto"


def pilot_stage(plan: Plan, store: Store) -> Iterator[Stage]:
    """A short piece of the first missing trial of each arm of which nothing is timed in its environment class yet.

    It is work done: the trial goes on from there.
    """
    if not wants_pilot(plan.grid):
        return
    known = known_times(plan, store)
    first: dict[str, Job] = {}
    for cell in plan.cells:
        if known.seconds[cell.arm] is None and cell.spec.id not in known.done:
            first.setdefault(cell.arm, Job(cell.spec, cell.arm, cell.seeds.label))
    if first:
        yield Stage("pilot", tuple(first.values()), "pilot")
