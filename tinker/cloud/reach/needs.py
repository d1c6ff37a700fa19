"""The files that a grid needs besides the code: those that it names, its data, and what the store knows of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinker.cloud.pod.wares import of_grids, of_trial, started_from
from tinker.errors import UserError
from tinker.grid.load import load_grid
from tinker.store.layout import Layout, TrialFolder
from tinker.store.sealed import DamageError, parse_result, part_names

#: Keys of a corpus' config that name files.
FILE_KEYS = re.compile(r"path|file|folder|.*_(path|file|folder)")
IDS = re.compile(rb"\b[0-9a-f]{16}\b")
SHAKESPEARE = "tinyshakespeare"


@dataclass(frozen=True)
class Needs:
    """By name: files below the current folder, contents of data files, files below the results."""

    work: dict[str, Path]
    data: dict[str, bytes]
    results: dict[str, Path]


def needs_of(grid_file: Path, overrides: Sequence[str], results: Path) -> Needs:
    """
    Raises:
        UserError: something is wrong with the grid, or a file that it names is missing or outside the current folder.
    """
    from tinker.data.corpora.tinyshakespeare import locate
    from tinker.grid.expand import expand

    grid = load_grid(grid_file, overrides)
    plan = expand(grid, results=results)
    configs = [arm.config for arm in plan.arms] + ([plan.pretrained.config] if plan.pretrained else [])
    named = [("the grid", str(grid_file))]
    declared = [str(grid_file.parent / plugin) for plugin in grid.source.data.get("plugins", [])]
    named += [("plugins", path) for path in declared]
    given = _texts([grid.source.data, *(value.value for value in (*grid.values, *grid.chosen))])
    for config in configs:
        named += [("plugins", as_given(path, [*given, *declared])) for path in config.get("plugins") or ()]
        named += [(f"data.{key}", value) for key, value in config["data"].items() if _is_file(key, value)]
        start = config.get("init_from") or {}
        if start.get("type") == "folder":
            named.append(("init_from", as_given(start["path"], given)))
    work = dict(item for what, path in dict.fromkeys(named) for item in below_here(what, path))
    inside = next((path for path in work.values() if path.resolve().is_relative_to(results.resolve())), None)
    if inside is not None:
        raise UserError(
            f"{inside}: lies in the results folder, which a machine has for itself; move it beside that folder, or "
            "a trial there by its id"
        )
    if Path("conf").is_dir():
        work.update(below_here("config groups", "conf"))
    texts = {config["data"]["type"] for config in configs}
    data = {f"{SHAKESPEARE}.txt": locate()} if SHAKESPEARE in texts else {}
    ids = {cell.spec.id for cell in plan.cells} | ({plan.pretrained.id} if plan.pretrained else set())
    starts = {config["init_from"]["id"] for config in configs if (config.get("init_from") or {}).get("type") == "trial"}
    return Needs(work, data, dict(earlier(Layout(results), plan.name, ids, starts)))


def _is_file(key: str, value: Any) -> bool:
    return isinstance(value, str) and value != "" and FILE_KEYS.fullmatch(key) is not None


def _texts(value: Any) -> list[str]:
    """Every text in nested data."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]


def as_given(resolved: str, given: Iterable[str]) -> str:
    """The path as the user wrote it, of one that tinker has made absolute."""
    for text in given:
        if text and len(text) < 4096 and Path(text).expanduser().resolve() == Path(resolved):
            return text
    return os.path.relpath(resolved)


def below_here(what: str, given: str) -> Iterator[tuple[str, Path]]:
    """The file, or all files of the folder, with their names below the current folder.

    Raises:
        UserError: the path would mean something else on another machine, or nothing is there.
    """
    name = os.path.normpath(given)
    if given.startswith("~") or Path(given).is_absolute() or Path(name).parts[:1] == (os.pardir,):
        raise UserError(
            f"{what}: {given} would not be there on another machine; put it below the current folder ({Path.cwd()}), "
            "and give its path from there"
        )
    path = Path(name)
    if not path.exists():
        raise UserError(f"{what}: {given} is not there; it would be sent to the machine")
    if path.is_file():
        yield Path(name).as_posix(), path
    for each in sorted(path.rglob("*")) if path.is_dir() else ():
        inner = each.relative_to(path).parts
        if each.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in inner):
            yield each.as_posix(), each


def earlier(layout: Layout, grid: str, ids: set[str], starts: set[str]) -> Iterator[tuple[str, Path]]:
    """What the store knows of the grid, in every environment class: only the machine knows its own.

    Of trials that are done only those that others start from bring their checkpoints.
    """
    for ware in of_grids(layout):
        if ware.name.startswith(f"{grid}/"):
            yield ware.name, ware.path
            if ware.path == layout.grid(grid):  # names the trials of its tuning too
                ids = ids | {found.decode() for found in IDS.findall(ware.path.read_bytes())}
    waiting = sorted(ids | starts)
    seen = set(waiting)
    while waiting:
        for folder in layout.every_trial([waiting.pop()]):
            yield from _of_trial(layout, folder, folder.trial_id in starts)
            for start in started_from(folder):
                starts = starts | {start}
                if start not in seen:
                    seen.add(start)
                    waiting.append(start)


def _of_trial(layout: Layout, folder: TrialFolder, is_start: bool) -> Iterator[tuple[str, Path]]:
    try:
        data = folder.result.read_bytes()
        record = {"spec.json", folder.result.name, *part_names(folder, parse_result(folder, data))}
    except (FileNotFoundError, DamageError):
        record = {"spec.json"}
    finished = len(record) > 1
    for name in sorted(record):
        if (folder.path / name).exists():
            yield (folder.path / name).relative_to(layout.results).as_posix(), folder.path / name
    for ware in of_trial(layout.results, folder):
        if is_start or not finished or "/checkpoint/" not in ware.name:
            yield ware.name, ware.path
