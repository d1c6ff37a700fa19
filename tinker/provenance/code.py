"""The code of a trial: a fingerprint of the modules that it imports, blind to comments, docstrings and formatting.

Static imports are followed, those inside functions included, within `ROOTS`; what is imported under `TYPE_CHECKING`
never runs and is not followed. From a plugin they are followed into the user's other modules too: what Python finds
outside the standard library and site-packages. Nothing is executed, so a module that imports torch costs no torch.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tinker.provenance.source import Import, read_source

#: The packages whose code decides a trial's numbers; libraries are in the environment instead.
ROOTS = ("model", "tinker")
#: Folders of libraries, which no edit of the user's changes.
INSTALLED = {"site-packages", "dist-packages"}
#: A file is not remembered so soon after a write: a second write could bear the same time.
TICK = 0.05  # seconds


@dataclass(frozen=True)
class CodeDifference:
    """Modules that differ between two records of code, each sorted."""

    changed: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.removed)


def code_record(modules: Iterable[str], plugins: Iterable[str | Path] = ()) -> dict[str, Any]:
    """The fingerprint of the code that a trial runs, as the files say now.

    A process that runs trials must ask before it starts: what it has imported may be older than the files.

    Args:
        modules: the modules to start from, by dotted name: the trial's own and those of the variants that it uses.
        plugins: a user's own files; recorded as `plugin:<file name>`, and what they import of the user's by its name.

    Returns:
        `fingerprint` (16 hex digits of sha256 over all modules) and `modules` (12 hex digits by name).

    Raises:
        ValueError: a module to start from does not exist.
        OSError: a plugin cannot be read.
        SyntaxError: a file is not Python.
    """
    asked = (tuple(sorted(set(modules))), tuple(sorted({Path(plugin).resolve() for plugin in plugins})))
    known = _RECORDS.get(asked)
    if known is None or known.stamps != {path: _stamp(path) for path in known.stamps}:
        known = _follow(*asked)
        if max((time_ns for *_, time_ns in known.stamps.values()), default=0) < time.time_ns() - TICK * 1e9:
            _RECORDS[asked] = known
    return {"fingerprint": known.fingerprint, "modules": dict(known.modules)}


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> CodeDifference:
    """What changed from one `code_record` to another."""
    before, after = old["modules"], new["modules"]
    return CodeDifference(
        changed=tuple(sorted(name for name in before.keys() & after.keys() if before[name] != after[name])),
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


@dataclass(frozen=True)
class _Followed:
    fingerprint: str
    modules: dict[str, str]
    stamps: dict[Path, tuple[int, int, int]]


#: What was found last time, by what was asked for: asked once for each trial of a grid, answered by a stat a file.
_RECORDS: dict[tuple[tuple[str, ...], tuple[Path, ...]], _Followed] = {}


def _follow(modules: tuple[str, ...], plugins: tuple[Path, ...]) -> _Followed:
    hashes: dict[str, str] = {}
    stamps: dict[Path, tuple[int, int, int]] = {}
    queue: list[str] = []

    def read(name: str, path: Path, package: str) -> None:
        stamps[path] = _stamp(path)
        source = read_source(path.read_bytes())
        hashes[name] = source.digest
        users = name.partition(".")[0] not in ROOTS  # only modules of the user's lead to others of the user's
        for found in source.imports:
            queue.extend(c for c in _candidates(found, package) if users or c.partition(".")[0] in ROOTS)

    for plugin in plugins:
        name = f"plugin:{plugin.name}"
        read(f"{name}#{len(hashes)}" if name in hashes else name, plugin, "")
    for name in modules:
        if name.partition(".")[0] not in ROOTS or _file_of(name) is None:
            raise ValueError(f"no module {name!r} in {' or '.join(ROOTS)}")
        queue.append(name)
    while queue:
        name = queue.pop()
        path = _file_of(name)
        if name in hashes or path is None:  # an attribute of its parent, a library, or a folder without __init__
            continue
        read(name, path, name if path.name == "__init__.py" else name.rpartition(".")[0])
        if "." in name:
            queue.append(name.rpartition(".")[0])
    text = json.dumps(hashes, sort_keys=True)
    return _Followed(hashlib.sha256(text.encode()).hexdigest()[:16], dict(sorted(hashes.items())), stamps)


def _candidates(found: Import, package: str) -> list[str]:
    """The dotted names that an import statement may load; `from x import y` loads x.y where y is a module."""
    base = found.module
    if found.level:
        parents = package.split(".")
        base = ".".join([*parents[: len(parents) - found.level + 1], *([base] if base else [])])
    return [base, *(f"{base}.{name}" for name in found.names)]


def _file_of(name: str) -> Path | None:
    """The source of a module that is followed, without importing its parents."""
    top, *rest = name.split(".")
    folder = _root(top)
    if folder is None:
        return None
    place = folder.joinpath(*rest)
    for path in (place / "__init__.py", place.with_name(f"{place.name}.py")):
        if path.is_file():
            return path
    return None


@cache
def _root(top: str) -> Path | None:
    """The folder of a top-level package, or a module's path without its ending; None for libraries."""
    if top in sys.stdlib_module_names:
        return None
    try:
        found = importlib.util.find_spec(top)
    except ValueError:  # `__main__`, and the empty name of a relative import, which no plugin can have
        return None
    if found is not None and found.submodule_search_locations:
        place = Path(found.submodule_search_locations[0])
    elif found is not None and found.origin:
        place = Path(found.origin).with_suffix("")
    else:
        return None
    return place if top in ROOTS or not INSTALLED & set(place.parts) else None


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_ctime_ns)
