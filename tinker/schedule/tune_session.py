"""One run of Ray Tune over items that come in one by one: what is handed to it, what it tells, and when it ends.

Only `pool.py` imports this, since Ray reads its environment when it is imported.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune.experiment import Trial
from ray.tune.search import Searcher

from tinker.schedule.cluster import Capacity, capacity_now
from tinker.schedule.deaths import UNKNOWN, Deaths
from tinker.schedule.places import Asked, Places
from tinker.schedule.warm import keep_warm

#: Seconds between two signs of life of Tune's loop.
TICK = 1.0
#: Seconds between two looks at which nodes live.
NODES = 5.0


class _Unsaved:
    """Tune pickles callbacks, stoppers and searchers for its own restoring, which is never used."""

    def __getstate__(self) -> dict[str, Any]:
        return {}


class Feed(_Unsaved, Searcher):
    """Hands items to Tune where there is a place. While nothing runs it waits here a moment; Tune would not."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def suggest(self, trial_id: str) -> Any:
        session = self.session
        asked = session.take()
        if asked is None:
            session.tick()
            return Searcher.FINISHED if session.ended.is_set() else None
        resources = session.places.take(asked)
        session.handed[asked.number] = asked
        return {"number": asked.number, "item": asked.item, "resources": resources, "home": session.home}

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        pass  # the relay tells more

    def set_search_properties(self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any) -> bool:
        return True

    def save(self, checkpoint_path: str) -> None:
        pass

    def restore(self, checkpoint_path: str) -> None:
        pass


class Relay(_Unsaved, tune.Callback):
    """Tells what becomes of the items. The payload is taken out of Tune's result, which Tune would keep for ever."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        number = trial.config["number"]
        self.session.actors[number] = trial.temporary_state.ray_actor
        self.session.tell("started", number)

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any
    ) -> None:
        self._ended(trial)
        self.session.tell("ended", trial.config["number"], result.pop("outcomes"))

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        try:
            words = Path(trial.error_file).read_text(errors="replace").partition("\n")[2].strip()  # after a time stamp
        except (OSError, TypeError):
            words = ""
        number, session = trial.config["number"], self.session
        actor = session.actors.get(number)
        asked = self._ended(trial)
        if actor is None and number not in session.again:
            session.again.add(number)
            session.waiting.insert(0, asked)
        elif UNKNOWN in words and actor is not None:
            session.deaths.add(number, actor, words)
        else:
            session.tell("crashed", number, words or "the worker died")

    def _ended(self, trial: Trial) -> Asked:
        number = trial.config["number"]
        self.session.places.leave(number)
        self.session.actors.pop(number, None)
        trial.config["item"] = ""  # Tune keeps every trial of the session
        return self.session.handed.pop(number)


class End(_Unsaved, tune.Stopper):
    """Ends the session when its parent says so, and gives a sign of life in between."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        self.session.tick()
        return self.session.ended.is_set()


class Session:
    """What the parent and Tune's loop share while one run lasts.

    Attributes:
        again: items that no worker had begun when theirs died, as one may that was idle: each comes once more.
    """

    def __init__(self, pipe: Connection, trainable: type[tune.Trainable]) -> None:
        self.trainable = trainable
        self.pipe, self.inbox, self.waiting = pipe, queue.SimpleQueue[Asked](), list[Asked]()
        self.places = Places()
        self.handed, self.again = dict[int, Asked](), set[int]()
        self.actors: dict[int, Any] = {}
        self.ended = threading.Event()
        self._ticked = self._counted = 0.0
        self.capacity: Capacity | None = None
        self.deaths = Deaths()
        self.home = ""

    def take(self) -> Asked | None:
        """The next item that may run; waits a moment for one where none does."""
        with contextlib.suppress(queue.Empty):
            while True:
                idle = not self.places.busy and not self.waiting
                self.waiting.append(self.inbox.get(timeout=TICK / 5 if idle else 0.0))
        asked = self.places.next(self.waiting, self.capacity)
        if asked is not None:
            self.waiting.remove(asked)
        return asked

    def tell(self, *message: Any) -> None:
        self.pipe.send(message)

    def tick(self) -> None:
        now = time.monotonic()
        if now - self._ticked >= TICK:
            self._ticked = now
            self._look_at_nodes(now)
            for number, words in self.deaths.told():
                self.tell("crashed", number, words)
            self.tell("tick")

    def _look_at_nodes(self, now: float) -> None:
        """Where no node is left Tune would wait for ever for another; the parent starts anew instead."""
        if now - self._counted >= NODES:
            self._counted = now
            capacity = capacity_now()
            if not capacity.machines:
                sys.stderr.write("no node of it was left\n")
                sys.stderr.flush()
                os._exit(1)
            if capacity != self.capacity:
                self.capacity = capacity
                self.tell("capacity", asdict(capacity))

    def kill(self, number: int) -> None:
        """Kills the worker that has the item; Tune then says that it crashed."""
        actor = self.actors.get(number)
        if actor is not None:
            with contextlib.suppress(Exception):  # it may be dead already, in whatever way Ray says so
                ray.kill(actor)

    def run(self, scratch: Path) -> None:
        self.home = ray.get_runtime_context().get_node_id()  # the driver's, whose results folder counts
        self._look_at_nodes(time.monotonic())
        keep_warm()
        folder = tempfile.mkdtemp(dir=scratch)
        try:
            tune.Tuner(
                tune.with_resources(self.trainable, lambda config: tune.PlacementGroupFactory([config["resources"]])),
                tune_config=tune.TuneConfig(reuse_actors=True, search_alg=Feed(self), num_samples=-1),
                run_config=tune.RunConfig(
                    name="pool",
                    storage_path=folder,
                    verbose=0,
                    callbacks=[Relay(self)],
                    stop=End(self),
                    failure_config=tune.FailureConfig(max_failures=0),
                    checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=0, checkpoint_at_end=False),
                ),
            ).fit()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
