"""Runs what is missing of a grid, and writes down what becomes of it. The only writer of results."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

from tinker.schedule.cluster import concurrency, ray_cluster
from tinker.schedule.work import Outcome, Task, WorkItem
from tinker.spec import TrialSpec
from tinker.store.store import Store
from tinker.train.result import TrialResult

#: How long running trials get to save themselves after Ctrl-C.
GRACE_SECONDS = 20.0


class View(Protocol):
    """Whoever shows the run: told each event, and asked to refresh a few times a second."""

    def started(self, spec: TrialSpec, environment_class: str) -> None: ...
    def finished(self, spec: TrialSpec, status: str, note: str) -> None: ...
    def refresh(self) -> None: ...


@dataclass(frozen=True)
class Limits:
    """How far a run goes: `retries` after a crash of a worker, and the grid's budget."""

    cpus: float
    gpus: float
    concurrent: int | None
    retries: int
    hours: float | None


@dataclass
class Summary:
    """What a run did: trials by how they ended, and why it ended early, if it did."""

    ended: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None


class Driver:
    """One run over a list of trials.

    Args:
        store: where results go.
        environment_class: of the trials on this machine, as the workers will find it.
        limits: resources, retries, budget.
        view: who is told.
    """

    def __init__(self, store: Store, environment_class: str, limits: Limits, view: View) -> None:
        self.store, self.environment_class, self.limits, self.view = store, environment_class, limits, view
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
        self.stop_file = store.layout.results / f".stop-{os.getpid()}"
        self.summary = Summary()
        self._attempts: Counter[str] = Counter()
        self._deadline = time.monotonic() + 3600 * limits.hours if limits.hours else None
        self._stop_since: float | None = None

    def run(self, train: Sequence[TrialSpec], probation: Sequence[TrialSpec]) -> Summary:
        """Puts rows of other code on probation, then trains what is missing, and again what crashed.

        Rows that do not hold join what is to be trained, in the order of `train` and after it.
        """
        self.stop_file.unlink(missing_ok=True)
        try:
            with ray_cluster() as capacity, self._interruptible():
                width = concurrency(capacity, self.limits.cpus, self.limits.gpus, self.limits.concurrent)
                fallen = self._round(list(probation), "probation", width)
                left = [*train, *fallen]
                while left and self._stop_since is None:
                    left = self._round(left, "train", width)
        finally:
            self.stop_file.unlink(missing_ok=True)
        return self.summary
