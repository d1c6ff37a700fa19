"""One trial's small files as they are on disk: a cheap stamp that changes with them, and their texts."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from tinker.store.layout import ACCEPTED, PARTS, TrialFolder
from tinker.store.sealed import DamageError, parse_result, part_names

#: Two writes within one tick of a file system's clock can bear one time; ticks are 1 to 10 ms.
TICK = 0.05  # seconds
#: What the names of the files begin with that a trial's row is made of.
_STAMPED = {"spec", "status", "result", ACCEPTED.partition(".")[0], *PARTS}


@dataclass(frozen=True)
class Snapshot:
    """The texts of `spec.json`, `status.json` and `result.json`; None for what is missing or damaged.

    A result counts only with all the files that it names.
    """

    spec: str | None
    status: str | None
    result: str | None


@dataclass(frozen=True)
class Glance:
    """What a trial's folder looks like without opening a file.

    Attributes:
        stamp: differs whenever a file of the snapshot, a part or the list of accepted code differs.
        settled: whether the stamp may be remembered; not so just after a write, which a second one could hide behind.
    """

    stamp: str
    settled: bool


def glance(folder: str | os.PathLike[str]) -> Glance | None:
    """A look at the folder of that path; None where there is none."""
    seen = []
    newest = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.partition(".")[0] in _STAMPED:
                    try:
                        found = entry.stat()
                    except FileNotFoundError:  # replaced since the folder was listed: look again next time
                        return Glance("", settled=False)
                    changed = found.st_ctime_ns
                    seen.append(f"{name} {found.st_ino} {found.st_size} {changed}")
                    if changed > newest:
                        newest = changed
    except (FileNotFoundError, NotADirectoryError):
        return None
    seen.sort()
    return Glance("\n".join(seen), settled=newest < (time.time() - TICK) * 1e9)


def read_snapshot(folder: TrialFolder) -> Snapshot:
    """The texts as they are now."""
    result = _text(folder.result)
    if result is not None:
        try:
            needed = part_names(folder, parse_result(folder, result.encode()))
        except DamageError:
            result = None
        else:
            result = result if all((folder.path / name).exists() for name in needed) else None
    return Snapshot(_text(folder.spec), _text(folder.status), result)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
        return None
