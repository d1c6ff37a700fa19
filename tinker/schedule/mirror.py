"""The other end of `depot.py`: a worker on a machine that does not see the driver's results folder.

It works in a folder of its own that looks like the results: what a trial needs is brought there before it starts, and
what the trial writes is sent about every second, and completely before its outcome is told. So a machine that dies
takes with it what was written since, and the next one goes on from the last checkpoint that was sent.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil

from tinker.schedule.depot import Stamp, drop, stamps
from tinker.schedule.far import Far
from tinker.schedule.sending import Sending
from tinker.schedule.work import Task, WorkItem, driver_of
from tinker.spec import TrialSpec
from tinker.store.drivers import FOLDER, presence_file
from tinker.store.layout import Layout, TrialFolder
from tinker.train.checkpoint import BEST, LAST, TAIL
from tinker.train.rungs import finished, shorter_ones

#: Seconds between two looks at what the trial wrote, and at the stop file.
EVERY = 1.0
#: How the folders of workers begin; the number of the process follows.
SCRATCH = "tinker-mirror-"


def sees_the_driver(item: WorkItem) -> bool:
    """Whether the results folder here is the driver's: the file of its token is there, which no other driver has.

    That the path exists says nothing: two machines may have equal paths.
    """
    return presence_file(Path(item.results), driver_of(item)).exists()


class Mirror:
    """Of one worker process; it has one item at a time.

    Args:
        root: an empty folder, which stands for the results here. Copies of a trial that others start from stay in it
            until an item comes that needs them no more.
    """

    def __init__(self, far: Far, root: Path) -> None:
        self.far, self.layout = far, Layout(root)
        self._stop, self._starts = "", list[str]()

    def take(self, item: WorkItem) -> WorkItem:
        """The same with paths of this machine."""
        self._stop = Path(item.stop_file).name
        self._pass_the_stop_on()
        return replace(item, results=str(self.layout.results), stop_file=str(self._stop_file))

    @contextmanager
    def following(self, spec: TrialSpec, environment_class: str, task: Task) -> Iterator[None]:
        """Brings what the trial needs; inside the trial writes, and what it writes is sent."""
        folder = self.layout.trial(spec.id, environment_class)
        trial, starts = _name(folder), _starts(spec)
        turn = self.far.open(trial)
        if starts != self._starts:
            drop(self.layout.trials)
            self._starts = starts
        known = self._bring(trial, _for_a_replay if task == "probation" else _all)
        for start in starts:
            self._bring_start(start)
        shorter = None if task == "probation" else self._bring_shorter(spec, folder)
        sending = Sending(self.far, folder, trial, turn, known)
        ended = threading.Event()
        thread = threading.Thread(target=self._follow, args=(sending, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            sending.all()
            for done in (folder, shorter):
                if done is not None:
                    drop(done.path)

    def _follow(self, sending: Sending, ended: threading.Event) -> None:
        while not ended.wait(EVERY):
            with suppress(Exception):  # whatever it is: that all was sent is seen to at the end
                self._pass_the_stop_on()
                sending.all()

    def end(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self.layout.results, ignore_errors=True)

    @property
    def _stop_file(self) -> Path:
        return self.layout.results / FOLDER / self._stop

    def _pass_the_stop_on(self) -> None:
        if self.far.stopped(self._stop):
            self._stop_file.parent.mkdir(parents=True, exist_ok=True)
            self._stop_file.touch()

    def _bring(self, trial: str, needed: Callable[[str], bool]) -> dict[str, Stamp]:
        """Makes the folder here as it is there, as far as needed; returns the files that both have now."""
        folder, known = self.layout.trial(*trial.split("/")).path, {}
        here, there = stamps(folder), self.far.listing([trial])[trial]
        for name in here.keys() - there.keys():
            (folder / name).unlink(missing_ok=True)
        for name, stamp in there.items():
            if needed(name) and (here.get(name) == stamp or self._fetch(trial, name, stamp, folder / name)):
                known[name] = stamp
        return known

    def _fetch(self, trial: str, name: str, stamp: Stamp, path: Path) -> bool:
        """One file, under its name when it is whole; False where it changed over there meanwhile."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial, size = path.with_name(f".{path.name}.{os.getpid()}"), 0
        try:
            with partial.open("wb") as file:
                while size < stamp[0]:
                    piece = self.far.read(trial, name, stamp, size)
                    if not piece:
                        return False
                    size += file.write(piece)
            os.utime(partial, ns=(stamp[1], stamp[1]))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return True

    def _bring_start(self, trial: str) -> None:
        """The trial that another starts from, and the one that it started from itself."""
        self._bring(trial, _for_a_start)
        path = self.layout.trial(*trial.split("/")).spec
        if path.is_file():
            for earlier in _starts(TrialSpec.from_dict(json.loads(path.read_bytes()))):
                self._bring_start(earlier)

    def _bring_shorter(self, spec: TrialSpec, folder: TrialFolder) -> TrialFolder | None:
        """The one that this trial goes on from (`tinker.train.rungs`), unless it has a checkpoint of its own."""
        if (folder.checkpoint / LAST).exists():
            return None
        candidates = [shorter for _, shorter in shorter_ones(spec, folder)]
        there = self.far.listing([_name(shorter) for shorter in candidates]) if candidates else {}
        for shorter in candidates:
            if {"result.json", f"checkpoint/{LAST}"} <= there[_name(shorter)].keys():
                self._bring(_name(shorter), _for_going_on)
                if finished(shorter):
                    return shorter
        return None


def _name(folder: TrialFolder) -> str:
    return f"{folder.trial_id}/{folder.environment_class}"


def _starts(spec: TrialSpec) -> list[str]:
    """The trial that this one starts from, if it does from one."""
    node = spec.config.get("init_from")
    return [f"{node['id']}/{Path(node['path']).name}"] if node is not None and node["type"] == "trial" else []


def _all(name: str) -> bool:
    return True


def _for_a_replay(name: str) -> bool:
    return name not in (f"checkpoint/{LAST}", f"checkpoint/{BEST}")


def _for_a_start(name: str) -> bool:
    return name in ("spec.json", f"checkpoint/{LAST}")


def _for_going_on(name: str) -> bool:
    return name != f"checkpoint/{TAIL}"


def scratch() -> Path:
    """A new folder for this process' mirror; those of processes that were killed are removed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"):
        owner = folder.name.removeprefix(SCRATCH).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-"))
