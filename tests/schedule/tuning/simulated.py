"""Grids that tune, and trials whose end is made up instead of trained: a store as a run would have left it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.schedule.conftest import write_grid
from tinker.grid.expand import Plan, expand
from tinker.grid.load import load_grid
from tinker.schedule.job import Job, Stage
from tinker.schedule.missing import class_of
from tinker.schedule.tuning.phase import Tuned, tuning_stages
from tinker.schedule.tuning.settled import settled_failures
from tinker.spec import TrialSpec
from tinker.store.store import Store
from tinker.train.result import Probes, TrialResult

GRID: dict[str, Any] = {
    "trials": 4,
    "seeds": [1001, 1002],
    "search": {"type": "grid"},
    "space": {"optimizer.lr": [0.001, 0.003, 0.01, 0.03]},
}
TPE: dict[str, Any] = {
    "trials": 9,
    "seeds": [1001],
    "search": {"type": "tpe", "seed": 3, "batch": 3, "arguments": {"n_startup_trials": 3}},
    "space": {"optimizer.lr": {"low": 1e-4, "high": 1e-1, "log": True}},
}
ARMS = {"lion": {"optimizer": "lion"}}

#: The end of a trial: its loss; NaN diverges, None fails for good.
End = Callable[[TrialSpec], float | None]


def best_at(*rates: float) -> End:
    """Losses that are lowest at a rate: the first is the control's, the second Lion's; seeds differ a little."""

    def end(spec: TrialSpec) -> float:
        optimizer = spec.config["optimizer"]
        best = rates[-1] if optimizer["type"] == "lion" else rates[0]
        rung = spec.config["train"].get("until", 40)
        return 1.0 + math.log(optimizer["lr"] / best) ** 2 + 1e-3 * (spec.seeds.init % 1000) + 1.0 / rung

    return end


@dataclass(frozen=True)
class Bench:
    """A plan, and a results folder with a store."""

    plan: Plan
    results: Path

    @classmethod
    def of(cls, folder: Path, tune: dict[str, Any] | None, arms: Any = None, **keys: Any) -> Bench:
        """A grid of tiny trials with that `tune`."""
        keys = {"base": {"schedule.min_lr": 0.0}, **keys}
        more = {} if tune is None else {"tune": tune}
        path = write_grid(folder, ARMS if arms is None else arms, **keys, **more)
        return cls(expand(load_grid(path, config_dirs=[]), config_dirs=[]), folder / "results")

    @property
    def store(self) -> Store:
        return Store(self.results)

    def finish(self, job: Job, end: End) -> None:
        """Writes down what became of a trial."""
        spec, value = job.spec, end(job.spec)
        train = spec.config["train"]
        steps = train.get("until") or train["steps"]
        cls = class_of(spec)
        if value is None:
            self.store.fail(spec, cls, "out of memory", "")
            return
        status = "diverged" if math.isnan(value) else "done"
        metrics = {"val_loss": value, "seconds": steps / 10}
        made = TrialResult(status, steps, metrics, [], 100, 100, 100, 6.0, Probes([], [], ""))
        code = {"fingerprint": "made up", "modules": {}}
        environment = {"git": None, "torch": "2.0", "device": {"name": "made up"}}
        self.store.commit(spec, cls, made.as_dict(), [], environment, code)

    def run(self, end: End, *, stop_after: int | None = None) -> tuple[list[Stage], Tuned | None]:
        """The tuning with these ends, cut off after so many trials: the stages that were begun, and the outcome."""
        stages, count = [], 0
        walk = tuning_stages(self.plan, self.store, settled_failures(self.plan, self.store))
        while True:
            try:
                stage = next(walk)
            except StopIteration as over:
                return stages, over.value
            stages.append(stage)
            for job in stage.jobs:
                if job.spec.id in self.store.done([job.spec.id], class_of(job.spec)):
                    continue
                if count == stop_after:
                    return stages, None
                self.finish(job, end)
                count += 1


def asked(stages: list[Stage]) -> list[list[tuple[str, str, str]]]:
    """What each stage asks for: arms, values and seeds."""
    return [[(job.arm, job.knobs, job.seed) for job in stage.jobs] for stage in stages]
