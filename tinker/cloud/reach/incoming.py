"""Files that come home, each whole or not at all; and the names that one may have."""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from pathlib import Path

from tinker.cloud.pod.wares import DRIVER, DRIVERS, GRID_FILES, NOT_SENT
from tinker.cloud.reach.answer import Entry
from tinker.errors import UserError
from tinker.store.atomic import HOST, explained, make_folder
from tinker.store.layout import NAME, PARTS, TRIAL_ID, Layout, TrialFolder

#: Beside the numbers that the store gives temporary files of this process.
_NUMBER = itertools.count(10**9)
#: Parts of a name, and characters of a part.
DEPTH, LONGEST = 8, 200


def trial_of(layout: Layout, name: str) -> tuple[TrialFolder, str] | None:
    """The trial and the file's name in its folder; None where the name is no file of a trial."""
    first, *rest = name.split("/")
    if first != layout.trials.name or len(rest) < 3 or len(rest) > DEPTH or max(map(len, rest)) > LONGEST:
        return None
    if not TRIAL_ID.fullmatch(rest[0]) or not all(NAME.fullmatch(part) for part in rest[1:]):
        return None
    return layout.trial(rest[0], rest[1]), "/".join(rest[2:])


def of_record(inner: str) -> bool:
    """Whether a trial's file is `spec.json`, `result.json` or what that names; a lease is nobody's to send."""
    return inner in NOT_SENT or inner.partition(".")[0] in PARTS


def other(layout: Layout, name: str) -> bool:
    """Whether it is what else may come: a grid's file, what its runs have spent, a driver's sign of life."""
    parts = name.split("/")
    if max(map(len, parts)) > LONGEST:
        return False
    match parts:
        case [folder, file] if folder == DRIVERS:
            return DRIVER.fullmatch(file) is not None
        case [grid, file] if file in GRID_FILES:
            return _is_grid(layout, grid)
        case [grid, "spent", file]:
            return _is_grid(layout, grid) and NAME.fullmatch(file) is not None and file.endswith(".json")
    return False


def stamp_at(path: Path) -> tuple[int, int] | None:
    """Size and time of change (ns) of a file at home; those of there, once it has come."""
    with suppress(OSError):
        found = path.stat()
        return found.st_size, found.st_mtime_ns
    return None


class Incoming:
    """Puts pieces together."""

    def __init__(self) -> None:
        self._staged: dict[str, tuple[tuple[int, int], Path]] = {}

    @property
    def partial(self) -> dict[str, list[int]]:
        """Of what has come in part: size, time of change, and the bytes that are here."""
        return {name: [*stamp, staged.stat().st_size] for name, (stamp, staged) in self._staged.items()}

    def take(self, path: Path, entry: Entry, data: bytes) -> bool:
        """Adds a piece; whether the file is whole now, and in its place.

        Raises:
            UserError: the disk is full, or not ours.
        """
        stamp, staged = self._staged.pop(entry.name, ((-1, -1), None))
        if staged is not None and (entry.offset == 0 or stamp != entry.stamp):
            staged.unlink(missing_ok=True)
            staged = None
        if entry.offset and (staged is None or staged.stat().st_size != entry.offset):
            return False  # the rest of a file of which another beginning is here: it comes anew
        with explained(path, entry.size):
            make_folder(path.parent)
            if staged is None:
                staged = path.with_name(f".{path.name}.{HOST}.{os.getpid()}.{next(_NUMBER)}.tmp")
            try:
                with staged.open("ab") as file:
                    file.write(data)
                if entry.offset + entry.count < entry.size:
                    self._staged[entry.name] = entry.stamp, staged
                    return False
                os.utime(staged, ns=(entry.changed, entry.changed))
                staged.replace(path)
            except OSError:
                staged.unlink(missing_ok=True)
                raise
        return True


def _is_grid(layout: Layout, name: str) -> bool:
    try:
        layout.grid(name)
    except UserError:
        return False
    return True
