"""What a grid still needs of a card: hours on so many of them, by trials that were measured on it, or by a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from tinker.cloud.api.wire import Card
from tinker.cloud.throughput import same, step_seconds, tflops

if TYPE_CHECKING:
    from tinker.grid.expand import Plan
    from tinker.spec import TrialSpec
    from tinker.store.record import StoredTrial

#: Hours that a pod is assumed to be paid for before its first trial: image pull, installation and upload.
BOOT = 0.25
#: Where an estimate comes from.
Basis = Literal["measured", "guessed", "unknown"]


@dataclass(frozen=True)
class Time:
    """Hours of the grid, the start of the pods included; None where nobody can tell."""

    hours: float | None
    basis: Basis


UNKNOWN = Time(None, "unknown")


class Workload:
    """The trials of a grid, and those that other runs have left in the results."""

    def __init__(self, plan: Plan, results: Path) -> None:
        from tinker.schedule.prepared import limits_of

        self.plan, self.results = plan, results
        self.limits = limits_of(plan)
        self._steps: dict[str, float] = {}
        self.accelerator: str = plan.control.config["train"]["accelerator"]

    def notes(self) -> list[str]:
        """What the user should know before anything is rented."""
        found = []
        if self.accelerator != "cuda":
            found.append(
                f"the trials are to run on {self.accelerator}, so a rented GPU would not be used; leave\n"
                "train.accelerator out, or set train.accelerator=cuda"
            )
        if self.plan.grid.tune is not None:
            found.append("the grid tunes first, so nobody can tell its hours and cost yet")
        return found

    def together(self, gpus_per_pod: int) -> int:
        """Trials that run at once on one pod; 0 where none fits."""
        from tinker.schedule.cluster import Capacity

        return Capacity(float("inf"), gpus_per_pod).fits(0.0, self.limits.gpus) if self.limits.gpus else 0

    def time(self, card: Card, pods: int, gpus_per_pod: int) -> Time:
        """Until the whole grid is done on that card; what was done on it before is done."""
        from tinker.schedule.estimate import Queue

        workers = pods * self.together(gpus_per_pod)
        if not workers or not self.plan.cells or self.accelerator != "cuda":
            return UNKNOWN
        queue = Queue(min(workers, self.limits.concurrent or workers))
        done, measured = self._on(card)
        seconds = {arm.name: self._seconds(arm.name, card, measured) for arm in self.plan.arms}
        left = [seconds[cell.arm] for cell in self.plan.cells if cell.spec.id not in done]
        known = [each for each in left if each is not None]
        if len(known) < len(left):
            return UNKNOWN
        first = 0.0
        if self.plan.pretrained is not None and self.plan.pretrained.id not in done:
            alone = self._guess(self.plan.pretrained, card)
            if alone is None:
                return UNKNOWN
            first = alone
        last = max((queue.add(each) for each in known), default=0.0)
        return Time(BOOT + (first + last) / 3600, "measured" if measured else "guessed")

    def _on(self, card: Card) -> tuple[set[str], dict[str, float]]:
        """Trials that are done on that card, and seconds of one of each arm that was measured on it."""
        from tinker.schedule.cost import steps_of

        cells = {cell.spec.id: cell for cell in self.plan.cells}
        done, found = set(), dict[str, list[float]]()
        for row, device in self._rows:
            if not same(device, card.id, card.name):
                continue
            done.add(row.trial_id)
            cell, result = cells.get(row.trial_id), row.result or {}
            took, steps = result["metrics"].get("seconds"), result["steps"]
            if cell is not None and took and steps:
                found.setdefault(cell.arm, []).append(took * steps_of(cell.spec) / steps)
        return done, {arm: fmean(each) for arm, each in found.items()}

    @cached_property
    def _rows(self) -> list[tuple[StoredTrial, str]]:
        """Trials of this grid that have a result from some card, with the card's name."""
        from tinker.store.store import Store

        ids = {cell.spec.id for cell in self.plan.cells}
        ids |= {self.plan.pretrained.id} if self.plan.pretrained is not None else set()
        rows = [row for row in Store(self.results).rows(ids) if row.result is not None]
        devices = [(row, row.environment()["device"]) for row in rows]
        return [(row, device["name"]) for row, device in devices if device["type"] == "cuda"]

    def _seconds(self, arm: str, card: Card, measured: Mapping[str, float]) -> float | None:
        """Of one trial: as measured; of an arm that was not, by its FLOPs beside those that were; else guessed."""
        if arm in measured:
            return measured[arm]
        if measured:
            return self._flops[arm] * fmean(measured[each] / self._flops[each] for each in measured)
        return self._guess(self._specs[arm], card)

    @cached_property
    def _specs(self) -> dict[str, TrialSpec]:
        return {cell.arm: cell.spec for cell in self.plan.cells}

    @cached_property
    def _flops(self) -> dict[str, float]:
        """Of a whole trial of each arm."""
        from tinker.schedule.cost import steps_of

        return {arm: steps_of(spec) * self._step(spec) for arm, spec in self._specs.items()}

    def _step(self, spec: TrialSpec) -> float:
        """FLOPs of one step; for which a model must be built, so it is done once."""
        from tinker.schedule.cost import flops_per_step

        if spec.id not in self._steps:
            self._steps[spec.id] = flops_per_step(spec)
        return self._steps[spec.id]

    def _guess(self, spec: TrialSpec, card: Card) -> float | None:
        """Seconds of a trial by the published throughput of the card; None of a card that is not known."""
        from tinker.config.schema import TrialConfig
        from tinker.schedule.cost import steps_of

        config = TrialConfig.from_dict(spec.config)
        published = tflops(f"{card.id} {card.name}", config.train.precision)
        if published is None:
            return None
        flops = self._step(spec) / config.train.devices
        sharing = max(1.0, 1 / self.limits.gpus)
        return steps_of(spec) * step_seconds(flops, config.train.accumulate, config.model.n_layer, published, sharing)
