"""Where a view learns what the driver does not tell it: how far a trial is, what it measured, where its log lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tinker.schedule.live.words import State
from tinker.schedule.missing import class_of
from tinker.spec import TrialSpec
from tinker.store.progress import read_progress
from tinker.store.record import StoredTrial
from tinker.store.store import Store


@dataclass(frozen=True)
class Stored:
    """The result of a trial: done or diverged, and what it measured."""

    state: State
    metrics: Mapping[str, float] = field(default_factory=dict)

    def value(self, metric: str) -> float | None:
        """The metric, if the trial is done and has a finite one."""
        found = self.metrics.get(metric)
        return found if self.state == "done" and found is not None and math.isfinite(found) else None


class Source(Protocol):
    """What a view asks for."""

    def progress(self, spec: TrialSpec) -> tuple[float, float]:
        """How far a running trial was when it was taken up, and is now: 0 to 1."""

    def result(self, spec: TrialSpec) -> Stored | None:
        """What the trial came to; None where nobody knows."""

    def results(self, specs: Collection[TrialSpec]) -> dict[str, Stored]:
        """Of many at once, by id."""

    def log(self, spec: TrialSpec) -> Path | None:
        """Its log, if it has one."""


@dataclass(frozen=True)
class FromStore:
    """The trials of a grid: all that is known of them is in the store."""

    store: Store

    def progress(self, spec: TrialSpec) -> tuple[float, float]:
        """As its worker has written it."""
        said = read_progress(self.store.folder(spec, class_of(spec)))
        return (said.began / said.steps, said.step / said.steps) if said and said.steps else (0.0, 0.0)

    def result(self, spec: TrialSpec) -> Stored | None:
        """Of this machine's class."""
        row = self.store.get(spec.id, class_of(spec))
        return None if row is None else _stored(row)

    def results(self, specs: Collection[TrialSpec]) -> dict[str, Stored]:
        """One pass over the store's index."""
        wanted = {spec.id: spec for spec in specs}
        found: dict[str, Stored] = {}
        for row in self.store.rows(wanted) if wanted else ():
            stored = _stored(row)
            if stored is not None and row.environment_class == class_of(wanted[row.trial_id]):
                found[row.trial_id] = stored
        return found

    def log(self, spec: TrialSpec) -> Path | None:
        """`log.txt` in its folder."""
        path = self.store.folder(spec, class_of(spec)).log
        return path if path.exists() else None


@dataclass(frozen=True)
class Lone:
    """One trial in this process, which says itself how far it is, and prints its own result."""

    how_far: Callable[[], float]

    def progress(self, spec: TrialSpec) -> tuple[float, float]:
        """As it says."""
        return 0.0, self.how_far()

    def result(self, spec: TrialSpec) -> Stored | None:
        """Nobody compares it with anything."""
        return None

    def results(self, specs: Collection[TrialSpec]) -> dict[str, Stored]:
        """None."""
        return {}

    def log(self, spec: TrialSpec) -> Path | None:
        """What it has to say is on the screen."""
        return None


def _stored(row: StoredTrial) -> Stored | None:
    if row.result is None:
        return None
    return Stored("done" if row.result["status"] == "done" else "diverged", row.result["metrics"])
