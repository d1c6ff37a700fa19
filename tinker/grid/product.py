"""The arms that a grid declares, before any is resolved: by name, as combinations of values, and as extras."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from tinker.config.merge import leaves, nest
from tinker.config.suggest import given, unknown
from tinker.errors import ConfigError
from tinker.grid.blame import Place
from tinker.grid.naming import arm_name
from tinker.grid.schema import NAME, Grid


@dataclass(frozen=True)
class DeclaredArm:
    """A name and a diff; `where` is its line, `places` are those of its keys; `product` marks a combination of axes."""

    name: str
    diff: dict[str, Any]
    where: str
    places: tuple[Place, ...]
    product: bool = False


def declared_arms(grid: Grid) -> list[DeclaredArm]:
    """All arms but the control, in the order of the file: `arms`, then combinations, then `include`.

    Raises:
        ConfigError: with file and line: names that clash, lists that do not fit, entries that contradict each other.
    """
    arms = [*_named(grid), *_combinations(grid), *_included(grid)]
    seen: dict[str, str] = {grid.control: grid.source.line("control")}
    for arm in arms:
        if arm.name in seen:
            whose = "the control has" if arm.name == grid.control else f"{seen[arm.name]} has"
            raise ConfigError("", f"the name {arm.name!r} is taken, {whose} it; names must differ", where=arm.where)
        if not re.fullmatch(NAME.regex, arm.name):
            raise ConfigError("", f"the name {arm.name!r} is not allowed; expected {NAME.words}", where=arm.where)
        seen[arm.name] = arm.where
    return arms


def _named(grid: Grid) -> Iterator[DeclaredArm]:
    for name, diff in grid.arms.items():
        where = grid.source.line("arms", name)
        yield DeclaredArm(name, nested(diff, where), where, places(grid, "arms", name))


def _included(grid: Grid) -> Iterator[DeclaredArm]:
    for i, entry in enumerate(grid.include):
        where = grid.source.line("include", str(i))
        diff = nested({key: value for key, value in entry.items() if key != "name"}, where)
        keys = leaves(diff)
        name = entry["name"] if "name" in entry else arm_name(keys, keys)
        if not isinstance(name, str):
            raise ConfigError(f"include.{i}.name", f"{given(name)} is not text; expected {NAME.words}", where=where)
        yield DeclaredArm(name, diff, where, places(grid, "include", str(i)))


def _combinations(grid: Grid) -> Iterator[DeclaredArm]:
    steps = _steps(grid)
    if not steps:
        return
    keys = [*grid.axes, *grid.zip]
    cells = [{k: v for part in parts for k, v in part.items()} for parts in product(*steps)]
    matched = _matches(grid, keys, cells)
    if len(matched) == len(cells):
        raise ConfigError("exclude", "leaves out every combination", where=grid.source.where("exclude"))
    where = grid.source.where("axes" if grid.axes else "zip")
    places = tuple(Place(key, grid.source.line(part, key)) for part in ("axes", "zip") for key in getattr(grid, part))
    for i, cell in enumerate(cells):
        if i not in matched:
            yield DeclaredArm(arm_name(cell, keys), nested(cell, where), where, places, product=True)


def _steps(grid: Grid) -> list[list[dict[str, Any]]]:
    """Each axis as the settings that it walks through; all of `zip` is one axis."""
    for part in ("axes", "zip"):
        for key, values in getattr(grid, part).items():
            where = grid.source.line(part, key)
            if not values:
                raise ConfigError(f"{part}.{key}", "[] is not allowed; expected the values to try", where=where)
            if any(value in values[:i] for i, value in enumerate(values)) and part == "axes":
                raise ConfigError(f"{part}.{key}", f"a value is there twice in {given(values)}", where=where)
            if part == "zip" and key in grid.axes:
                raise ConfigError(f"zip.{key}", "is in `axes` too; keep one of the two", where=where)
    lengths = {key: len(values) for key, values in grid.zip.items()}
    if len(set(lengths.values())) > 1:
        sizes = ", ".join(f"{key} has {length}" for key, length in lengths.items())
        raise ConfigError("zip", f"lists of one length are expected: {sizes}", where=grid.source.where("zip"))
    steps = [[{key: value} for value in values] for key, values in grid.axes.items()]
    if grid.zip:
        steps.append([dict(zip(grid.zip, row, strict=True)) for row in zip(*grid.zip.values(), strict=True)])
    return steps


def _matches(grid: Grid, keys: list[str], cells: list[dict[str, Any]]) -> set[int]:
    """Numbers of the cells that `exclude` leaves out."""
    left_out: set[int] = set()
    for i, entry in enumerate(grid.exclude):
        where = grid.source.line("exclude", str(i))
        for key in entry:
            if key not in keys:
                raise ConfigError(f"exclude.{i}.{key}", unknown("axis", key, keys), where=where)
        found = {n for n, cell in enumerate(cells) if all(cell[key] == value for key, value in entry.items())}
        if not entry or not found:
            raise ConfigError(f"exclude.{i}", f"{given(entry)} is no combination of the axes' values", where=where)
        left_out |= found
    return left_out


def nested(diff: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A diff with its dotted keys spelled out; `where` is its line."""
    try:
        return nest(diff)
    except ConfigError as error:
        raise error.at(where) from None


def places(grid: Grid, *under: str) -> tuple[Place, ...]:
    """The keys that stand below a key of the file, and their lines."""
    depth = len(under)
    inside = [(keys[depth:], keys) for keys in grid.source.lines if keys[:depth] == under and len(keys) > depth]
    return tuple(Place(".".join(rest), grid.source.line(*keys)) for rest, keys in inside)
