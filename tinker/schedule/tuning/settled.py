"""Failed tuning trials that are not run again, since what came after them rests on their failure."""

from __future__ import annotations

from tinker.grid.expand import Plan
from tinker.schedule.tuning.phase import Tuning, confirmed
from tinker.schedule.tuning.tried import read
from tinker.store.store import Store


def settled_failures(plan: Plan, store: Store) -> frozenset[str]:
    """Their ids: a trial of a later stage, or of an arm at the winner's values, has a result.

    With a result of theirs a learning search would have asked for something else, and another configuration might have
    won: after the arms' results that would be a choice made late. Until then a failed trial is run again.

    Args:
        plan: before its arms are tuned.
    """
    tuning, metric = Tuning(plan, store), plan.grid.decide.metric
    failed, settled = set[str](), set[str]()
    for stage in tuning.stages():
        ended = read(store, (job.spec for job in stage.jobs), metric)
        states = {each.state for each in ended.values()}
        if states & {"done", "diverged"}:
            settled |= failed
        if "missing" in states:
            return frozenset(settled)
        failed |= {trial for trial, each in ended.items() if each.state == "failed"}
    tuned = tuning.so_far(())
    if failed and tuned.each_won:
        cells = (cell for cell in confirmed(plan, tuned).cells if cell.arm != plan.control.name)
        if any(row.result is not None for row in store.rows({cell.spec.id for cell in cells})):
            settled |= failed
    return frozenset(settled)
