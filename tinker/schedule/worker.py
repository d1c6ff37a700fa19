"""What a worker does with a work item. No Ray here: `tinker train` and the tests call it as it is."""

from __future__ import annotations

import gc
import traceback
from contextlib import nullcontext
from pathlib import Path

import torch

from tinker.config.plugins import load_plugins
from tinker.errors import UserError
from tinker.provenance.environment import environment_class
from tinker.schedule.busy import busy
from tinker.schedule.far import Unreached
from tinker.schedule.mirror import Mirror
from tinker.schedule.missing import code_of
from tinker.schedule.pilot import Pilot
from tinker.schedule.signs import ProgressFile, asked_seldom, logged
from tinker.schedule.timing import write_timing
from tinker.schedule.together import execute_together
from tinker.schedule.work import Outcome, WorkItem
from tinker.spec import TrialSpec
from tinker.store.layout import Layout, TrialFolder
from tinker.train.environment import trial_environment
from tinker.train.parallel.rank import RankDied
from tinker.train.probation import probe
from tinker.train.result import TrialResult
from tinker.train.rungs import take_over
from tinker.train.trial import Hooks, run_trial
from tinker.train.whereabouts import relocated


def execute(item: WorkItem, mirror: Mirror | None = None) -> list[Outcome]:
    """Does the item's trials, several as one program if that works. An exception becomes the outcome's error.

    Args:
        mirror: where the driver's results are not to be seen from here; the item has its paths then.

    Raises:
        RankDied: a process of a trial on several ranks was killed, which is as if the worker had been.
        Unreached: the driver's machine, which is as if this one was lost.
    """
    try:
        with busy():
            together = execute_together(item, mirror) if len(item.specs) > 1 else None
            return together or [
                _execute_one(item, spec, code, mirror) for spec, code in zip(item.specs, item.code, strict=True)
            ]
    finally:
        _give_memory_back()


def _give_memory_back() -> None:
    """What torch keeps of a card's memory for the next trial here is what a neighbour on the same card may lack."""
    if torch.cuda.is_available() and torch.cuda.memory_reserved():
        gc.collect()
        torch.cuda.empty_cache()


def _execute_one(item: WorkItem, spec: TrialSpec, code: str, mirror: Mirror | None) -> Outcome:
    cls = ""
    if Path(item.stop_file).exists():
        return Outcome(spec.id, cls)
    try:
        load_plugins(spec.config["plugins"])
        cls = environment_class(trial_environment(spec))
        with mirror.following(spec, cls, item.task) if mirror else nullcontext():
            return _at_work(item, relocated(spec, Path(item.results)), cls, code)
    except (RankDied, Unreached):
        raise
    except Exception:
        return Outcome(spec.id, cls, error=traceback.format_exc())


def _at_work(item: WorkItem, spec: TrialSpec, cls: str, code: str) -> Outcome:
    folder = Layout(Path(item.results)).trial(spec.id, cls)
    with logged(folder.log):
        if code_of(spec) != code:
            raise UserError("code was edited since the run began; run the grid again, with the code that you mean")
        if item.task == "probation":
            return Outcome(spec.id, cls, probation=probe(spec, folder, ProgressFile(folder).alive))
        take_over(spec, folder)
        return Outcome(spec.id, cls, result=_trained(item, spec, folder))


def _trained(item: WorkItem, spec: TrialSpec, folder: TrialFolder) -> TrialResult:
    """Trains to the end, or as far as a pilot goes, whose timing is written down."""
    told, asked = ProgressFile(folder), asked_seldom(Path(item.stop_file).exists)
    if item.task != "pilot":
        result = run_trial(spec, folder.path, Hooks(told.progress, asked, told.alive))
    else:
        pilot = Pilot(spec)

        def progress(step: int, steps: int) -> None:
            pilot.progress(step, steps)
            told.progress(step, steps)

        result = run_trial(spec, folder.path, Hooks(progress, lambda: pilot.enough() or asked(), told.alive))
        timing = pilot.timing
        if timing is not None:
            write_timing(folder, timing)
    told.ended(result.steps)
    return result
