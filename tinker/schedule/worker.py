"""What a worker does with a work item. No Ray here: `tinker train` and the tests call it as it is."""

from __future__ import annotations

import logging
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tinker.config.plugins import load_plugins
from tinker.errors import UserError
from tinker.provenance.environment import environment_class
from tinker.schedule.missing import code_of
from tinker.schedule.work import Outcome, WorkItem
from tinker.spec import TrialSpec
from tinker.store.layout import Layout
from tinker.store.progress import write_progress
from tinker.train.parallel.rank import RankDied
from tinker.train.probation import probe
from tinker.train.rungs import take_over
from tinker.train.trial import Hooks, run_trial, trial_environment
from tinker.train.whereabouts import relocated

PROGRESS_EVERY = 1.0  # seconds


def execute(item: WorkItem) -> list[Outcome]:
    """Does the item's trials one after another. An exception becomes the outcome's error, with its traceback.

    Raises:
        RankDied: a process of a trial on several ranks was killed, which is as if the worker had been.
    """
    return [_execute_one(item, spec, code) for spec, code in zip(item.specs, item.code, strict=True)]


def _execute_one(item: WorkItem, spec: TrialSpec, code: str) -> Outcome:
    cls = ""
    if Path(item.stop_file).exists():
        return Outcome(spec.id, cls)
    try:
        load_plugins(spec.config["plugins"])
        spec = relocated(spec, Path(item.results))
        cls = environment_class(trial_environment(spec))
        folder = Layout(Path(item.results)).trial(spec.id, cls)
        with _logged(folder.log):
            if code_of(spec) != code:
                raise UserError("code was edited since the run began; run the grid again, with the code that you mean")
            if item.task == "probation":
                return Outcome(spec.id, cls, probation=probe(spec, folder))
            hooks = Hooks(
                progress=_seldom(lambda step, steps: write_progress(folder, step, steps)),
                should_stop=_asked_seldom(Path(item.stop_file).exists),
            )
            take_over(spec, folder)
            return Outcome(spec.id, cls, result=run_trial(spec, folder.path, hooks))
    except RankDied:
        raise
    except Exception:
        return Outcome(spec.id, cls, error=traceback.format_exc())


def _seldom(tell: Callable[[int, int], None]) -> Callable[[int, int], None]:
    told = 0.0

    def progress(step: int, steps: int) -> None:
        nonlocal told
        if time.monotonic() - told >= PROGRESS_EVERY:
            told = time.monotonic()
            tell(step, steps)

    return progress


def _asked_seldom(ask: Callable[[], bool]) -> Callable[[], bool]:
    asked, answer = float("-inf"), False

    def should_stop() -> bool:
        nonlocal asked, answer
        if not answer and time.monotonic() - asked >= PROGRESS_EVERY:
            asked, answer = time.monotonic(), ask()
        return answer

    return should_stop


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Sends warnings and log records of this process to the trial's log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        with warnings.catch_warnings():
            yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        handler.close()
