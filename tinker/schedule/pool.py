"""Ray Tune as an executor of work items: a flat list in, outcomes out, on actors that are reused.

Tune's own persistence, restoring, retries, loggers and reporters are off: ids, store, order and retries are ours.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinker.schedule.work import Outcome, WorkItem

# Ray reads these when it is imported.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's 15 starves trials beside any other work on the machine
os.environ.setdefault("RAY_CHDIR_TO_TRIAL_DIR", "0")
os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")
os.environ.setdefault("TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S", "3600")
os.environ.setdefault("TUNE_RESULT_BUFFER_LENGTH", "0")

import ray
from ray import tune
from ray.tune.experiment import Trial

from tinker.schedule.worker import execute


class TrialActor(tune.Trainable):
    """One warm process that executes work items one after another."""

    def setup(self, config: dict[str, Any]) -> None:
        self.item = _unpacked(config)
        if Path(self.item.folder).is_dir():  # not so on another machine, where nothing relative is meant
            os.chdir(self.item.folder)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        return {"outcomes": [outcome.as_dict() for outcome in execute(self.item)], "done": True}


@dataclass(frozen=True)
class Events:
    """What the pool tells its driver, in the driver's own thread.

    `started` and `crashed` name the item; a crash is a worker that died, with Ray's words for it. `tick` comes every
    fraction of a second; when it returns False, nothing further is started.
    """

    started: Callable[[WorkItem], None]
    outcome: Callable[[WorkItem, Outcome], None]
    crashed: Callable[[WorkItem, str], None]
    tick: Callable[[], bool]


class _Unsaved:
    """Tune pickles callbacks and stoppers for its own restoring, which is never used: nothing of ours goes there."""

    def __getstate__(self) -> dict[str, Any]:
        return {}


class _Relay(_Unsaved, tune.Callback):
    """Hands the pool's events on. The payload is taken out of Tune's result, which Tune would keep for ever."""

    def __init__(self, events: Events) -> None:
        self.events = events

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        self.events.started(_unpacked(trial.config))

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any
    ) -> None:
        item = _unpacked(trial.config)
        for outcome in result.pop("outcomes"):
            self.events.outcome(item, Outcome.from_dict(outcome))

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        error = trial.get_pickled_error()
        self.events.crashed(_unpacked(trial.config), _first_line(error))


class _Stop(_Unsaved, tune.Stopper):
    """Ends the experiment when a tick says so."""

    def __init__(self, tick: Callable[[], bool]) -> None:
        self.tick = tick

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return not self.tick()


def run_pool(items: Sequence[WorkItem], resources: dict[str, float], concurrent: int, events: Events) -> None:
    """Executes the items in their order, at most `concurrent` at a time, each on `resources` (`cpu`, `gpu`).

    Ray must be up (see `cluster.py`). Returns when all are done, crashed, or `events.tick` said stop.
    """
    scratch = tempfile.mkdtemp(prefix="tinker-tune-")
    try:
        tuner = tune.Tuner(
            tune.with_resources(TrialActor, resources),
            param_space={"item": tune.grid_search([_packed(item) for item in items])},
            tune_config=tune.TuneConfig(reuse_actors=True, max_concurrent_trials=concurrent),
            run_config=tune.RunConfig(
                name="pool",
                storage_path=scratch,
                verbose=0,
                callbacks=[_Relay(events)],
                stop=_Stop(events.tick),
                failure_config=tune.FailureConfig(max_failures=0),
                checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=0, checkpoint_at_end=False),
            ),
        )
        tuner.fit()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _packed(item: WorkItem) -> str:
    """As text: Tune makes a deep copy of the whole list for each trial, and texts are not copied."""
    return json.dumps(item.as_dict())


def _unpacked(config: dict[str, Any]) -> WorkItem:
    return WorkItem.from_dict(json.loads(config["item"]))


def _first_line(error: Exception | None) -> str:
    text = str(error).strip() if error else ""
    return text.splitlines()[0] if text else type(error).__name__ if error else "the worker died"


__all__ = ["Events", "TrialActor", "ray", "run_pool"]
