"""What of the results on a machine is of use at home, besides the records of trials."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tinker.store.layout import NAME, PARTS, Layout, TrialFolder

DRIVERS = ".drivers"
#: Of a grid's folder.
GRID_FILES = ("grid.json", "measured.json")
DRIVER = re.compile(r"[0-9a-f]{32}\.json")
#: A lease is of the driver there; the others come with the record, or are what doctor has set aside.
NOT_SENT = frozenset({"lease.json", "spec.json", "result.json"})
ASIDE = (".corrupt", ".damaged")


@dataclass(frozen=True)
class Ware:
    """A file by its name below the results; size and time of change (ns) when it was seen."""

    name: str
    path: Path
    stamp: tuple[int, int]


def stat(path: Path) -> tuple[int, int]:
    """
    Raises:
        OSError: it is not there.
    """
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def of_trial(results: Path, folder: TrialFolder) -> Iterator[Ware]:
    """Its files, those that are only being written left out. A trial that runs has its `spec.json` among them."""
    finished = folder.result.exists()
    for path in sorted(folder.path.rglob("*")):
        inner = path.relative_to(folder.path)
        if not all(NAME.fullmatch(part) for part in inner.parts) or path.name.endswith(ASIDE) or path.is_symlink():
            continue
        first = inner.parts[0]
        of_record = (first in NOT_SENT and (finished or first != "spec.json")) or first.partition(".")[0] in PARTS
        if not of_record and path.is_file():
            yield from _seen(results, path)


def of_grids(layout: Layout) -> Iterator[Ware]:
    """`grid.json`, what was measured for it, and what its runs have spent; home makes the tables itself."""
    folders = {path.parent for name in GRID_FILES for path in layout.results.glob(f"*/{name}")}
    for folder in sorted(folders - {layout.trials}):
        if NAME.fullmatch(folder.name):
            for path in (folder / name for name in GRID_FILES):
                yield from _seen(layout.results, path)
            for entry in sorted(layout.spent(folder.name).glob("[!.]*.json")):
                yield from _seen(layout.results, entry)


def drivers(layout: Layout) -> Iterator[Ware]:
    """The signs of life of those who work here."""
    for path in sorted((layout.results / DRIVERS).glob("[!.]*.json")):
        if DRIVER.fullmatch(path.name):
            yield from _seen(layout.results, path)


def started_from(folder: TrialFolder) -> list[str]:
    """The id of the trial that this one starts from, if it does from one."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        start = json.loads(folder.spec.read_bytes())["config"]["init_from"]
        if start["type"] == "trial":
            return [str(start["id"])]
    return []


def _seen(results: Path, path: Path) -> Iterator[Ware]:
    with suppress(OSError):  # replaced or removed just now
        yield Ware(path.relative_to(results).as_posix(), path, stat(path))
