"""What a tuning has tried and what came of it, arm by arm, as the store knows it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from tinker.grid.space import Params
from tinker.schedule.missing import class_of
from tinker.spec import TrialSpec
from tinker.store.record import StoredTrial
from tinker.store.store import Store

State = Literal["done", "diverged", "failed", "missing"]


@dataclass(frozen=True)
class Ended:
    """What became of a tuning trial; the numbers are None where it has no result, and `value` unless it is done."""

    state: State
    value: float | None = None
    steps: int | None = None
    seconds: float | None = None
    flops: float | None = None


MISSING = Ended("missing")


@dataclass(frozen=True)
class Trial:
    """One run of a configuration: to the step `rung`, with one seed."""

    rung: int
    spec: TrialSpec
    ended: Ended = MISSING


@dataclass(frozen=True)
class Configuration:
    """Values that an arm was tried with. `stopped`: it was pruned at its last rung."""

    number: int
    batch: int
    params: Params
    trials: tuple[Trial, ...] = ()
    stopped: bool = False

    @property
    def rung(self) -> int:
        """The last step that it was asked to reach."""
        return max(trial.rung for trial in self.trials)

    @property
    def values(self) -> list[float]:
        """Those of its seeds at its last rung, as far as they are known and finite."""
        at_rung = (trial.ended.value for trial in self.trials if trial.rung == self.rung)
        return [value for value in at_rung if value is not None]

    @property
    def mean(self) -> float | None:
        """Over all seeds at its last rung; None where one diverged, failed or is missing."""
        wanted = sum(trial.rung == self.rung for trial in self.trials)
        return fmean(self.values) if len(self.values) == wanted else None

    @property
    def sd(self) -> float | None:
        """Over the seeds; None with one seed, or without a mean."""
        return stdev(self.values) if self.mean is not None and len(self.values) > 1 else None

    @property
    def furthest(self) -> list[Trial]:
        """Of each seed the trial with a result that went furthest: what the configuration has cost."""
        best: dict[str, Trial] = {}
        for trial in sorted(self.trials, key=lambda trial: trial.rung):
            if trial.ended.steps is not None:
                best[trial.spec.seeds.label] = trial
        return list(best.values())


def read(store: Store, specs: Iterable[TrialSpec], metric: str) -> Mapping[str, Ended]:
    """What the store has of these trials on this kind of machine, by id; those it does not know are missing.

    A trial that failed and was given up counts as failed, one that waits or runs as missing.
    """
    wanted = {spec.id: spec for spec in specs}
    found = {
        row.trial_id: _ended(row, wanted[row.trial_id], metric)
        for row in store.rows(wanted)
        if row.environment_class == class_of(wanted[row.trial_id])
    }
    return {trial: found.get(trial, MISSING) for trial in wanted}


def _ended(row: StoredTrial, spec: TrialSpec, metric: str) -> Ended:
    if row.result is None:
        return Ended("failed" if row.status.state == "failed" else "missing")
    result, config = row.result, spec.config
    steps = int(result["steps"])
    tokens = steps * config["train"]["batch_size"] * config["model"]["context"]
    cost = (steps, result["metrics"].get("seconds"), result["flops_per_token"] * tokens)
    value = result["metrics"].get(metric)
    if result["status"] != "done" or value is None or not math.isfinite(value):
        return Ended("diverged", None, *cost)
    return Ended("done", value, *cost)
