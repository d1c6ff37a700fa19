"""What is left of a grid in hours, money and FLOPs, by the times of its trials, and what its budget is enough for."""

from __future__ import annotations

import heapq
from collections.abc import Collection
from dataclasses import dataclass
from statistics import fmean

import torch

from tinker.grid.expand import Plan
from tinker.provenance.hardware import cores
from tinker.schedule.cluster import Capacity
from tinker.schedule.cost import flops_of, steps_of
from tinker.schedule.course import Limits
from tinker.schedule.missing import class_of
from tinker.schedule.timing import read_timing
from tinker.store.record import StoredTrial
from tinker.store.spent import Spent
from tinker.store.store import Store


@dataclass(frozen=True)
class Known:
    """What the store knows: the ids of trials that have a result, and seconds of a trial of each arm, if any did run.

    Both are of the environment class that the trials have on this machine.
    """

    done: frozenset[str]
    seconds: dict[str, float | None]


def known_times(plan: Plan, store: Store) -> Known:
    """From results; of an arm without any, from the timed piece of one of its trials."""
    specs = {cell.spec.id: cell for cell in plan.cells}
    seconds: dict[str, list[float]] = {arm.name: [] for arm in plan.arms}
    done = set()
    for row in store.rows(specs):
        cell = specs[row.trial_id]
        if row.result is None or row.environment_class != class_of(cell.spec):
            continue
        done.add(row.trial_id)
        took, steps = row.result["metrics"].get("seconds"), row.result["steps"]
        if took is not None and steps:  # one that diverged early says how long it would have been
            seconds[cell.arm].append(took * steps_of(cell.spec) / steps / _sharing(plan, row))
    known: dict[str, float | None] = {arm: fmean(found) if found else None for arm, found in seconds.items()}
    for cell in plan.cells:
        if known[cell.arm] is None and cell.spec.id not in done:
            timing = read_timing(store.folder(cell.spec, class_of(cell.spec)))
            known[cell.arm] = None if timing is None else timing.seconds(cell.spec)
    return Known(frozenset(done), known)


def _sharing(plan: Plan, row: StoredTrial) -> int:
    """How many trials the row's seconds were spent on."""
    fused = row.environment().get("fused") if plan.grid.together > 1 else None
    return 1 if fused is None else int(fused["replicates"])


@dataclass(frozen=True)
class Forecast:
    """What is left, and how far the budget goes.

    Attributes:
        trials: how many are left.
        workers: how many run at once.
        hours: of wall time; None where an arm with trials left was never timed, or nobody knows yet what is compared.
        usd: what these cost; None where the hours are not known, or no price is.
        flops: of their steps.
        spent: before, by all runs.
        blocks: seed blocks that the grid plans.
        fit: how many of them, the first ones, the budget is enough for, as far as its keys can be held against
            something; None where there is no budget.
        untimed: the arms that have trials left and were never timed.
    """

    trials: int
    workers: int
    hours: float | None
    usd: float | None
    flops: float
    spent: Spent
    blocks: int
    fit: int | None
    untimed: tuple[str, ...]


def forecast(
    plan: Plan,
    todo: Collection[str],
    seconds: dict[str, float | None],
    spent: Spent,
    limits: Limits,
    machine: Capacity,
) -> Forecast:
    """
    Args:
        todo: ids of the trials that are left.
        seconds: of a trial of each arm.
        spent: by all runs up to now.
    """
    budget = plan.grid.budget
    left = {cell.spec.id: cell for cell in plan.cells if cell.spec.id in todo}
    untimed = tuple(dict.fromkeys(cell.arm for cell in left.values() if seconds[cell.arm] is None))
    queue = Queue(workers_of(limits, machine))
    trials, flops, fit, short = 0, 0.0, 0, False
    per_trial = {arm.name: flops_of(arm.spec(plan.blocks[0][0].seeds)) for arm in plan.arms} if plan.blocks else {}
    hours = 0.0
    for block in plan.blocks:
        for cell in block:
            if left.pop(cell.spec.id, None) is not None:
                trials, flops = trials + 1, flops + per_trial[cell.arm]
                hours = max(hours, queue.add(seconds[cell.arm] or 0.0) / 3600)
        needed = {"trials": spent.trials + trials, "flops": spent.flops + flops}
        if not untimed:
            needed["hours"] = spent.hours + hours
            needed["usd"] = (spent.usd or 0.0) + hours * (budget.usd_per_hour or 0.0)
        short = short or any(getattr(budget, key) is not None and getattr(budget, key) < n for key, n in needed.items())
        fit += not short
    price, known = budget.usd_per_hour, bool(plan.blocks) and not untimed
    return Forecast(
        trials=trials,
        workers=len(queue.free),
        hours=hours if known else None,
        usd=hours * price if known and price is not None else None,
        flops=flops,
        spent=spent,
        blocks=len(plan.blocks),
        fit=fit if limited(plan) else None,
        untimed=untimed,
    )


def here() -> Capacity:
    """This machine, before Ray has said what it has."""
    return Capacity(cores(), torch.cuda.device_count())


def limited(plan: Plan) -> bool:
    """Whether the grid's budget has a limit: a price alone is none."""
    return bool(plan.grid.budget.declared.keys() - {"usd_per_hour"})


def workers_of(limits: Limits, machine: Capacity) -> int:
    """How many trials run at once: as many as fit and are wanted; where none fits `tinker run` refuses and says why."""
    fits = machine.fits(limits.cpus, limits.gpus)
    return max(1, min(fits, limits.concurrent or fits))


class Queue:
    """Workers that take one trial after another.

    Attributes:
        free: when each worker is free again, in seconds from the start.
    """

    def __init__(self, workers: int) -> None:
        self.free = [0.0] * workers

    def add(self, seconds: float) -> float:
        """One more trial, for the worker that is free first; returns when it ends."""
        end = self.free[0] + seconds
        heapq.heapreplace(self.free, end)
        return end
