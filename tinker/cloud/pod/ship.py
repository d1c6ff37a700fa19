"""Hands over what is new in the results, as much as fits into one answer; and takes requests to stop.

What home knows comes as zlib-compressed JSON: `have` (size and time of change in ns by name, as handed over earlier;
null for a `result.json` that is at home; null for all asks for a list of what there is), `partial` (the same with how
many bytes home has of a file that is too long for one answer) and `checkpoints`.

The answer is a tar. Its first member, `index.json`, says what the others are, in order. A trial's record (`spec.json`,
the files that `result.json` names, and it) is always together in one answer.
"""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinker.cloud.pod import place
from tinker.cloud.pod.wares import Ware, drivers, of_grids, of_trial, started_from, stat
from tinker.errors import FAILED, UserError
from tinker.store.layout import PARTS, Layout, TrialFolder

#: Bytes of one answer, about; a record is never cut.
LIMIT = 64 * 1024**2
INDEX = "index.json"
STOP = re.compile(r"\.drivers/([0-9a-f]{32})\.stop")


@dataclass
class Load:
    """One answer, as it is filled."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    size: int = 0
    more: bool = False

    def add(self, ware: Ware, data: bytes, offset: int = 0, **also: Any) -> None:
        size, changed = ware.stamp
        entry = {"name": ware.name, "size": size, "changed": changed, "offset": offset, "bytes": len(data), **also}
        self.entries.append(entry)
        self.data.append(data)
        self.size += len(data)

    @property
    def full(self) -> bool:
        return self.size >= LIMIT

    def tar(self, **about: Any) -> bytes:
        index = json.dumps({"files": self.entries, "more": self.more, **about}).encode()
        return pack([(INDEX, index), *((str(number), data) for number, data in enumerate(self.data))])


def ship(known: bytes) -> bytes:
    """The answer to what home knows.

    Raises:
        UserError: that is nothing that home says.
    """
    try:
        asked = json.loads(zlib.decompress(known))
        have, partial, checkpoints = asked["have"], asked["partial"], asked["checkpoints"]
    except (ValueError, KeyError, TypeError, zlib.error):
        raise UserError("what home has is told in a way that this code does not know", exit_code=FAILED) from None
    layout = Layout(place.RESULTS)
    trials = list(layout.every_trial())
    load = Load()
    if have is None:
        return load.tar(drivers=[], there=list(_names(layout, trials)))
    for folder in trials:
        _add_record(load, layout.results, folder, have)
    for ware in _wanted(layout, trials, checkpoints):
        if have.get(ware.name) != list(ware.stamp) and not _is_full(load):
            _add_piece(load, ware, partial.get(ware.name))
    return load.tar(drivers=[ware.name for ware in drivers(layout)])


def _names(layout: Layout, trials: list[TrialFolder]) -> Iterator[str]:
    """Of all that may be asked for."""
    for folder in trials:
        if folder.result.exists():
            yield folder.result.relative_to(layout.results).as_posix()
        yield from (ware.name for ware in of_trial(layout.results, folder))
    yield from (ware.name for ware in of_grids(layout))


def _is_full(load: Load) -> bool:
    """Whether the answer has no room; home is to ask again then."""
    load.more = load.more or load.full
    return load.full


def _add_record(load: Load, results: Path, folder: TrialFolder, have: dict[str, Any]) -> None:
    """A result that home lacks, with all that belongs to it; and which checkpoints the trial has at its end."""
    name = folder.result.relative_to(results).as_posix()
    try:
        stamp = list(stat(folder.result))
    except OSError:
        return
    if (name in have and have[name] in (None, stamp)) or _is_full(load):
        return
    try:
        token = json.loads(folder.result.read_bytes())["record"]["token"]
        paths = [folder.spec, *(folder.part(part, token) for part in PARTS), folder.result]
        found = [Ware(path.relative_to(results).as_posix(), path, stat(path)) for path in paths]
        contents = [path.read_bytes() for path in paths]
    except (OSError, ValueError, KeyError, TypeError):
        return  # damaged: `tinker doctor --store` there says how; the trial counts as not done at home
    kept = {ware.name: ware.stamp for ware in of_trial(results, folder) if "/checkpoint/" in ware.name}
    for ware, data in zip(found[:-1], contents[:-1], strict=True):
        load.add(ware, data)
    load.add(found[-1], contents[-1], checkpoints=kept)


def _wanted(layout: Layout, trials: list[TrialFolder], checkpoints: str) -> Iterator[Ware]:
    """All that is no record: what is small and tells how it goes first, then checkpoints."""
    results = layout.results
    yield from drivers(layout)
    yield from of_grids(layout)
    each = {folder.path: list(of_trial(results, folder)) for folder in trials}
    yield from (ware for wares in each.values() for ware in wares if "/checkpoint/" not in ware.name)
    if checkpoints == "none":
        return
    going_on = [folder for folder in trials if not folder.result.exists()]
    needed = {trial_id for folder in going_on for trial_id in started_from(folder)}
    for folder in trials:
        if checkpoints == "all" or not folder.result.exists() or folder.trial_id in needed:
            yield from (ware for ware in each[folder.path] if "/checkpoint/" in ware.name)


def _add_piece(load: Load, ware: Ware, begun: list[int] | None) -> None:
    """The file, or the next piece of it, as it is at one moment; nothing where it has vanished."""
    with suppress(OSError), ware.path.open("rb") as file:
        found = os.fstat(file.fileno())
        now = Ware(ware.name, ware.path, (found.st_size, found.st_mtime_ns))
        offset = begun[2] if begun is not None and begun[:2] == list(now.stamp) else 0
        file.seek(offset)
        data = file.read(min(found.st_size - offset, LIMIT - load.size))
        if data or not found.st_size:
            load.add(now, data, offset)
            load.more = load.more or offset + len(data) < found.st_size


def stops(tar: bytes) -> None:
    """Asks drivers here to stop, as `tinker stop` asked at home. Other files are refused.

    Raises:
        UserError: that is no request of home's.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(tar)) as file:
            names = [member.name for member in file if member.isfile()]
            whole = len(names) == len(file.getmembers())
    except tarfile.TarError as error:
        raise UserError(f"the request to stop cannot be read: {error}", exit_code=FAILED) from None
    tokens = [STOP.fullmatch(name) for name in names]
    if not whole or None in tokens:
        raise UserError(f"the request to stop names other files: {', '.join(names)}", exit_code=FAILED)
    for name in names:
        path = place.RESULTS / name
        if path.with_suffix(".json").exists():  # the driver is at work; nobody would remove the file of another
            path.touch()


def pack(members: list[tuple[str, bytes]]) -> bytes:
    """A tar of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()
