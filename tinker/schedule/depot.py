"""The driver's results folder as workers on machines that do not see it know it: files of trials, read and written.

No Ray here. `courier.py` puts it behind an actor on the driver's machine, `mirror.py` is the other end.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from tinker.store.atomic import HOST, TEMPORARY, explained, make_folder
from tinker.store.drivers import FOLDER
from tinker.store.layout import PARTS, Layout, TrialFolder
from tinker.store.progress import touch_progress

#: Bytes that cross at a time: so that no message takes a worker's memory, nor Ray's.
CHUNK = 4 * 1024 * 1024
#: Size and time of last change (ns) of a file: equal on both sides for equal copies.
Stamp = tuple[int, int]
#: Of the driver alone: workers do not even read these.
DRIVERS = frozenset({"lease.json", "status.json"})
#: Workers read these, and may not write them; nor the parts of a result.
RECORD = frozenset({"spec.json", "result.json"})
#: Workers write it, and never read what another has said.
PROGRESS = "progress.json"


class NoLongerYours(Exception):  # noqa: N818 - it is what has happened
    """Another worker has the trial by now: what this one has to say would write over it."""


class Depot:
    """Trial folders are named `<trial id>/<environment class>`, files by their path in them."""

    def __init__(self, results: Path) -> None:
        self.layout = Layout(results)
        self._turns: dict[str, int] = {}

    def open(self, trial: str) -> int:
        """A worker begins with that trial: the number that it writes under. Whoever had it before is refused then."""
        folder = self._folder(trial)
        for path in list(_files(folder.path)):
            if TEMPORARY.fullmatch(path.name) and path.name.endswith(f".{HOST}.{os.getpid()}.0.tmp"):
                path.unlink(missing_ok=True)  # half a file of that one
        self._turns[trial] = self._turns.get(trial, 0) + 1
        return self._turns[trial]

    def listing(self, trials: Iterable[str]) -> dict[str, dict[str, Stamp]]:
        """The files that each of these folders has for a worker; nothing of one that is not there."""
        found = {trial: stamps(self._folder(trial).path) for trial in trials}
        return {trial: {name: files[name] for name in files if name != PROGRESS} for trial, files in found.items()}

    def read(self, trial: str, name: str, stamp: Stamp, offset: int) -> bytes | None:
        """A piece of a file; None where it is another one meanwhile."""
        try:
            with self._path(trial, name).open("rb") as file:
                if stamp_of(os.fstat(file.fileno())) != stamp:
                    return None
                file.seek(offset)
                return file.read(CHUNK)
        except (FileNotFoundError, IsADirectoryError):
            return None

    def write(self, trial: str, turn: int, name: str, offset: int, data: bytes, changed: int | None) -> None:
        """A piece of a file; with the last one `changed` is given (ns), and the file appears, whole.

        Each is a sign of life of the trial: a large checkpoint takes its time.

        Raises:
            NoLongerYours, UserError: the disk is full, say.
        """
        self._demand(trial, turn)
        folder, path = self._folder(trial), self._path(trial, name)
        if not _writable(name):
            raise ValueError(f"{name!r} is the driver's to write")
        staged = path.with_name(f".{path.name}.{HOST}.{os.getpid()}.0.tmp")
        with explained(path, len(data)):
            make_folder(path.parent)
            with staged.open("r+b" if offset else "wb") as file:
                file.seek(offset)
                file.write(data)
            if changed is None:
                touch_progress(folder)
                return
            os.utime(staged, ns=(changed, changed))
            staged.replace(path)

    def remove(self, trial: str, turn: int, name: str) -> None:
        """The worker removed the file.

        Raises:
            NoLongerYours
        """
        self._demand(trial, turn)
        if _writable(name):
            self._path(trial, name).unlink(missing_ok=True)

    def stopped(self, name: str) -> bool:
        """Whether the stop file of that name is there."""
        return (self.layout.results / FOLDER / PurePosixPath(name).name).exists()

    def _demand(self, trial: str, turn: int) -> None:
        if self._turns.get(trial) != turn:
            raise NoLongerYours(f"trial {trial} was given to another worker")

    def _folder(self, trial: str) -> TrialFolder:
        return self.layout.trial(*trial.split("/"))

    def _path(self, trial: str, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if not parts or PurePosixPath(name).is_absolute() or ".." in parts:
            raise ValueError(f"{name!r} is no file of a trial")
        return self._folder(trial).path.joinpath(*parts)


def stamps(folder: Path) -> dict[str, Stamp]:
    """Every file below a trial's folder that both sides have; none of those that are being written."""
    found = {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if name not in DRIVERS and not path.name.startswith("."):
            try:
                found[name] = stamp_of(path.stat())
            except FileNotFoundError:  # replaced or removed just now
                continue
    return found


def stamp_of(found: os.stat_result) -> Stamp:
    """Of a file."""
    return found.st_size, found.st_mtime_ns


def drop(folder: Path) -> None:
    """Removes a folder of copies, with those above it that are empty then."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent.is_dir() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()


def _writable(name: str) -> bool:
    first, _, rest = name.partition(".")
    is_part = first in PARTS and rest.endswith(f".{PARTS[first]}")
    return not is_part and name not in DRIVERS | RECORD


def _files(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root, name) for name in names)
