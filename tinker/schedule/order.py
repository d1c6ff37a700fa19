"""In which order trials start: seed by seed, long ones first, and arms that take alike in an order that is drawn.

Seed blocks are kept, so that a grid that was cut short is balanced. Long trials come first in a block, so that no
worker waits for one that began last. A machine's state drifts over a run (heat, neighbours, caches): were arms of equal
weight always in one order, the drift would look like an effect of the arm, so each block has an order of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tinker.grid.expand import Plan
from tinker.schedule.estimate import known_times
from tinker.schedule.job import Job
from tinker.store.atomic import write_json
from tinker.store.lock import results_lock
from tinker.store.store import Store
from tinker.tables.grids import read_grid

#: Arms whose weights differ by less than this part of the heavier one count as equal.
EQUAL = 0.10

Measure = Literal["seconds", "FLOPs"]


@dataclass(frozen=True)
class Order:
    """What decides the order of any jobs of a grid; written into `grid.json`, since no block's order needs more.

    Attributes:
        seed: of the draws, from the grid's name: a second driver and a later run have the same.
        weighed_by: what the weight of an arm is.
        arms: names in groups of equal weight, heavy ones first.
    """

    seed: int
    weighed_by: Measure
    arms: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, name: str, weights: Mapping[str, float], weighed_by: Measure) -> Order:
        """From the weight of each arm of the grid of that name."""
        groups: list[list[str]] = []
        heaviest = 0.0
        for arm in sorted(weights, key=lambda arm: (-weights[arm], arm)):
            if not groups or weights[arm] < (1 - EQUAL) * heaviest:
                groups.append([])
                heaviest = weights[arm]
            groups[-1].append(arm)
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
        return cls(seed, weighed_by, tuple(tuple(sorted(group)) for group in groups))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Order:
        """The inverse of `as_dict`."""
        return cls(data["seed"], data["weighed_by"], tuple(tuple(group) for group in data["arms"]))

    def as_dict(self) -> dict[str, Any]:
        """For `grid.json`."""
        return {"seed": self.seed, "weighed_by": self.weighed_by, "arms": [list(group) for group in self.arms]}

    def sort(self, jobs: Iterable[Job]) -> list[Job]:
        """The jobs in the order in which they are to start; blocks (jobs of one seed) stay as they come in.

        Within a group of equal weight: by the SHA-256 of the text `seed/label of the seeds/arm/knobs`.
        """
        rank = {arm: place for place, group in enumerate(self.arms) for arm in group}
        listed = list(jobs)
        blocks = {label: place for place, label in enumerate(dict.fromkeys(job.seed for job in listed))}

        def key(job: Job) -> tuple[int, int, bytes]:
            text = f"{self.seed}/{job.seed}/{job.arm}/{job.knobs}"
            return blocks[job.seed], rank[job.arm], hashlib.sha256(text.encode()).digest()

        return sorted(listed, key=key)


def in_order(jobs: Iterable[Job], weights: Mapping[str, float], name: str, weighed_by: Measure = "FLOPs") -> list[Job]:
    """`jobs` of the grid of that name as they are to start; `weights` has that of each arm, in whatever unit."""
    return Order.of(name, weights, weighed_by).sort(jobs)


def settled_order(plan: Plan, store: Store) -> Order:
    """The order of a grid whose `grid.json` is written: the one that stands there, or a new one, which is put there.

    It stands until the grid has other arms, so that a run that goes on has the order of the one before. Arms are
    weighed by seconds where each was timed, by a trial that has ended or a pilot, else by FLOPs.
    """
    path = store.layout.grid(plan.name)
    names = {arm.name for arm in plan.arms}
    with results_lock(store.layout.results):
        document = read_grid(path)
        found = document.get("order")
        if found is not None and {arm for group in found["arms"] for arm in group} == names:
            return Order.from_dict(found)
        known = known_times(plan, store).seconds
        seconds = {arm: each for arm, each in known.items() if each is not None}
        if seconds.keys() == names:
            order = Order.of(plan.name, seconds, "seconds")
        else:
            order = Order.of(plan.name, flops(plan, document), "FLOPs")
        write_json(path, {**document, "order": order.as_dict()})
    return order


def flops(plan: Plan, document: Mapping[str, Any]) -> dict[str, float]:
    """FLOPs of one trial by arm, from the counts a token in the grid's `grid.json`."""
    a_token = {arm["name"]: arm["flops_per_token"] for arm in document["arms"]}
    tokens = {
        arm.name: arm.config["train"]["steps"] * arm.config["train"]["batch_size"] * arm.config["model"]["context"]
        for arm in plan.arms
    }
    return {name: float(a_token[name] * tokens[name]) for name in tokens}
