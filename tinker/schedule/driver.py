"""Runs what is missing of a grid, and writes down what becomes of it. The only writer of results."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tinker.errors import UserError
from tinker.schedule.cluster import concurrency, ray_cluster
from tinker.schedule.missing import class_of, code_of
from tinker.schedule.view import View
from tinker.schedule.work import Outcome, Task, WorkItem
from tinker.spec import TrialSpec
from tinker.store.store import Store
from tinker.store.verdicts import accept, supersede
from tinker.train.result import TrialResult

#: How long running trials get to save themselves after Ctrl-C.
GRACE_SECONDS = 30.0


@dataclass(frozen=True)
class Limits:
    """What a run may use: per trial `cpus` and `gpus`, trials at once, retries after a crash, and the budget."""

    cpus: float
    gpus: float
    concurrent: int | None
    retries: int
    hours: float | None
    trials: int | None = None


@dataclass
class Summary:
    """What a run did: trials by how they ended, why it stopped early if it did, and how many the budget left out."""

    ended: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None
    left_out: int = 0


class Driver:
    """One run over a list of trials, into one store."""

    def __init__(self, store: Store, limits: Limits, view: View) -> None:
        self.store, self.limits, self.view = store, limits, view
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
        self.stop_file = store.layout.results.resolve() / f".stop-{os.getpid()}"
        self.summary = Summary()
        self._code: dict[str, str] = {}
        self._running: dict[str, TrialSpec] = {}
        self._again: list[TrialSpec] = []
        self._settled: set[str] = set()  # of this round
        self._attempts: Counter[str] = Counter()
        self._deadline = time.monotonic() + 3600 * limits.hours if limits.hours is not None else None
        self._stopped_at: float | None = None
        self._to_save: set[str] = set()
        self._broken: UserError | None = None

    def run(self, train: Sequence[TrialSpec], probation: Sequence[TrialSpec]) -> Summary:
        """Puts the rows of other code on probation, then trains what is missing and what did not hold.

        A trial whose worker died is tried again, `retries` times; one that raised an exception would raise it again.

        Raises:
            UserError: a trial does not fit the cluster, or the store cannot be written any more.
        """
        self.stop_file.unlink(missing_ok=True)
        self._code = {spec.id: code_of(spec) for spec in (*train, *probation)}
        try:
            with ray_cluster() as capacity, self._interruptible():
                width = concurrency(capacity, self.limits.cpus, self.limits.gpus, self.limits.concurrent)
                fallen = self._round(probation, "probation", width)
                if self.summary.ended[
                    "failed"
                ]:  # arms would stand under two codes, of which nobody knows if they agree
                    self._stop("a row of other code could not be replayed, so nothing was trained")
                left = [*train, *fallen]
                self.summary.left_out = len(left[self.limits.trials :]) if self.limits.trials is not None else 0
                left = left[: self.limits.trials]
                while left and self._stopped_at is None:
                    left = self._round(left, "train", width)
        finally:
            self.stop_file.unlink(missing_ok=True)
        if self._broken:
            raise self._broken
        return self.summary

    def _round(self, specs: Sequence[TrialSpec], task: Task, width: int) -> list[TrialSpec]:
        """One pass over the trials; returns those that are to be trained after it."""
        from tinker.schedule.pool import Events, run_pool

        self._again, self._settled = [], set()
        if specs:
            results = str(self.store.layout.results.resolve())
            items = [
                WorkItem((s,), task, results, str(Path.cwd()), str(self.stop_file), (self._code[s.id],)) for s in specs
            ]
            resources = {"cpu": self.limits.cpus, "gpu": self.limits.gpus}
            run_pool(items, resources, width, Events(self._started, self._outcome, self._crashed, self._tick))
            for spec in list(self._running.values()):  # the grace ran out while they were at it
                self._release(spec, "did not save in time; goes on from its last checkpoint")
            if self._stopped_at is None:
                for spec in (s for s in specs if s.id not in self._settled):
                    self._ended(spec, "failed", "Ray ended without running it")
        return self._again

    def _started(self, item: WorkItem) -> None:
        if self._stopped_at is not None:
            return  # it will find the stop file, and return at once
        for spec in item.specs:
            self._running[spec.id] = spec
            if item.task == "train":
                self._attempts[spec.id] += 1
                with self._storing():
                    self.store.begin(spec, class_of(spec), self.owner)
            self.view.started(spec, item.task)

    def _outcome(self, item: WorkItem, outcome: Outcome) -> None:
        spec = next(s for s in item.specs if s.id == outcome.trial_id)
        with self._storing():
            self._record(spec, outcome)
        if spec.id in self._running:  # its record could not be written
            self._ended(spec, "failed", "not stored")

    def _record(self, spec: TrialSpec, outcome: Outcome) -> None:
        result, cls = outcome.result, outcome.environment_class
        if result is not None and cls != class_of(spec):
            # A row there would never be found by this driver, and would be trained again for ever.
            cause = f"the worker's machine is of class {cls}, this one of {class_of(spec)}: run the grid on one kind"
            self.store.fail(spec, class_of(spec), cause, cause)
            self._ended(spec, "failed", cause)
        elif outcome.error is not None:
            cause = outcome.error.strip().splitlines()[-1]
            self.store.fail(spec, cls or class_of(spec), cause, outcome.error)
            self._ended(spec, "failed", cause)
        elif outcome.probation is not None:
            self._judge(spec, cls, outcome.probation)
        elif result is None:
            if spec.id in self._running:
                self._release(spec, "before its first step")
        elif result.status == "interrupted":
            self.store.release(spec, cls, "interrupted")
            self._ended(spec, "interrupted", f"saved at step {result.steps}")
        else:
            plain = result.as_dict()
            self.store.commit(spec, cls, plain, plain["curve"], plain["environment"], plain["code"])
            self._ended(spec, result.status, _headline(result))

    def _judge(self, spec: TrialSpec, cls: str, probation: dict[str, object]) -> None:
        row = self.store.get(spec.id, cls)
        assert row is not None
        if probation["held"]:
            accept(row.folder, probation)
            self._ended(spec, "held", f"the new code gives the same numbers ({probation['how']})")
        else:
            supersede(row.folder, row.code_fingerprint or "unknown")
            self._again.append(spec)
            self._ended(spec, "superseded", f"the new code gives other numbers: {probation['difference']}")

    def _crashed(self, item: WorkItem, cause: str) -> None:
        for spec in (s for s in item.specs if s.id not in self._settled):  # a crash after the outcome changes nothing
            if spec.id not in self._running:  # the worker died before it took the trial up
                self._attempts[spec.id] += 1
            attempts = self._attempts[spec.id]
            if item.task == "train":
                with self._storing():
                    self.store.fail(spec, class_of(spec), cause, f"worker lost in attempt {attempts}")
            if item.task == "train" and attempts <= self.limits.retries and self._stopped_at is None:
                self._again.append(spec)
                self._ended(spec, "retry", cause)
            else:
                self._ended(spec, "failed", cause)

    def _release(self, spec: TrialSpec, note: str) -> None:
        with self._storing():
            self.store.release(spec, class_of(spec), "interrupted")
        self._ended(spec, "interrupted", note)

    def _ended(self, spec: TrialSpec, status: str, note: str) -> None:
        self._running.pop(spec.id, None)
        self._settled.add(spec.id)
        self._to_save.discard(spec.id)
        self.summary.ended[status] += 1
        self.view.finished(spec, status, note)

    def _tick(self) -> bool:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._stop(f"the grid's budget of {self.limits.hours:g} hours is used up")
        self.view.refresh()
        if self._stopped_at is None:
            return True
        return bool(self._to_save) and time.monotonic() - self._stopped_at < GRACE_SECONDS

    def _stop(self, why: str) -> None:
        """Asks running trials to save themselves; nothing further starts."""
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
            self._to_save = set(self._running)
            self.summary.stopped = why
            self.stop_file.touch()

    @contextmanager
    def _storing(self) -> Iterator[None]:
        """A store that cannot be written (a full disk, say) stops the run; what is stored stays."""
        try:
            yield
        except UserError as error:
            self._broken = self._broken or error
            self._stop("the store cannot be written")

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM stop the run cleanly; a second one ends it at once."""

        def on_signal(number: int, frame: FrameType | None) -> None:
            if self._stopped_at is not None:
                raise KeyboardInterrupt
            self._stop("interrupted")

        before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _headline(result: TrialResult) -> str:
    loss = result.metrics.get("val_loss")
    return f"at step {result.steps}" if loss is None else f"val_loss {loss:.4f}"
