"""A grid that nobody runs: its jobs, and a source that knows what the test says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from tests.tables import made_up
from tinker.schedule.job import Job, Stage
from tinker.schedule.live.board import Board
from tinker.schedule.live.shown import Shown
from tinker.schedule.live.source import Stored
from tinker.spec import TrialSpec


@dataclass
class Told:
    """A `Source`: what is known of a trial, by its id; `asked` counts how often results were asked for."""

    far: dict[str, tuple[float, float]] = field(default_factory=dict)
    stored: dict[str, Stored] = field(default_factory=dict)
    logs: dict[str, Path] = field(default_factory=dict)
    asked: int = 0

    def progress(self, spec: TrialSpec) -> tuple[float, float]:
        return self.far.get(spec.id, (0.0, 0.0))

    def result(self, spec: TrialSpec) -> Stored | None:
        self.asked += 1
        return self.stored.get(spec.id)

    def results(self, specs: Collection[TrialSpec]) -> dict[str, Stored]:
        self.asked += len(specs)
        return {spec.id: self.stored[spec.id] for spec in specs if spec.id in self.stored}

    def log(self, spec: TrialSpec) -> Path | None:
        return self.logs.get(spec.id)


def job(arm: str, seed: int) -> Job:
    """A trial of an arm."""
    return Job(made_up.spec(arm, seed), arm, str(seed))


class Run:
    """A grid `g` of arms x seeds with its board, a clock to set, and shorthands for events."""

    def __init__(self, arms: int = 3, seeds: int = 3, **shown: object) -> None:
        self.arms = ["base", *(f"arm-{number}" for number in range(1, arms))]
        self.seeds = range(1, seeds + 1)
        self.source, self.now = Told(), [1000.0]
        cells = tuple((arm, str(seed)) for arm in self.arms for seed in self.seeds)
        self.shown = Shown("base", "val_loss", 0.05, cells, **shown)  # type: ignore[arg-type]
        self.board = Board(self.source, {"g": self.shown}, lambda: self.now[0])

    @property
    def stage(self) -> Stage:
        """All of it, seed by seed."""
        return Stage("comparing", tuple(job(arm, seed) for seed in self.seeds for arm in self.arms))

    def knows(self, arm: str, seed: int, loss: float, state: str = "done") -> None:
        """The store has it."""
        self.source.stored[job(arm, seed).spec.id] = Stored(state, {"val_loss": loss})  # type: ignore[arg-type]
