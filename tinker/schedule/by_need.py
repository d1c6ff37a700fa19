"""The trials that a comparison needs, stage after stage: all at once, or those of the next look or block of seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from tinker.grid.decide import Looks
from tinker.grid.expand import Plan
from tinker.report.analysis import Analysis
from tinker.schedule.job import Job, Stage
from tinker.stats.seeds_by_need import seeds_by_need

#: The jobs of a stage in the order in which they are to start.
Order = Callable[[list[Job]], list[Job]]


def comparing(plan: Plan, results: Path, in_order: Order = list) -> Iterator[Stage]:
    """The stages in which the plan's cells run.

    A fixed number of seeds is one stage. With looks, between two stages the tables are made from the store and what
    they show is put on record: a decision rests on a look that is there. What is asked for follows from the results
    alone, so a grid that was interrupted has the same stages again; in those that are done nothing is left to run.

    Raises:
        UserError: tables that cannot be read or written.
    """
    jobs = [Job(cell.spec, cell.arm, cell.seeds.label) for cell in plan.cells]
    if plan.grid.decide.looks is None:
        yield Stage("comparing", tuple(in_order(jobs)))
        return
    for place in count():
        found = Analysis.of(results, plan.name)
        stages = [stage for need in seeds_by_need(found.trials, found.rule) for stage in need.stages]
        if place >= len(stages):
            return
        wanted = set(stages[place])
        words = _words(plan.grid.decide.looks, place)
        yield Stage("comparing", tuple(in_order([job for job in jobs if job.spec.id in wanted])), words=words)


def _words(looks: Looks, place: int) -> str:
    """What people are told of a stage: `look 4 of 12` (seeds an arm), `block 3`."""
    if isinstance(looks, list) and place < len(looks):
        return f"look {looks[place]} of {looks[-1]}"
    return f"block {place + 1}"
