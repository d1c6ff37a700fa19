"""A grid as it is named on a command line: a YAML file, or a folder among the results that remembers its file."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinker.errors import UserError
from tinker.tables import grids


@dataclass(frozen=True)
class Found:
    """The file of a grid, and the overrides that go with it."""

    file: Path
    overrides: list[str]


def find_grid(grid: str, overrides: Sequence[str], results: Path) -> Found:
    """The grid's file. A name stands for the file and overrides that made those results; more overrides may follow.

    Raises:
        UserError: neither a file nor a name in the results; or the file that made the results is gone, or makes others.
    """
    if Path(grid).is_file():
        return Found(Path(grid), list(overrides))
    names = grids.grid_names(results)
    if grid not in names:
        raise UserError(
            f"{grid}: neither a file nor a grid in {results}; grids there are: {', '.join(names) or 'none yet'}"
        )
    found = grids.load_grid(results, grid)
    if found.get("imported"):
        raise UserError(f"{grid}: imported from {found['imported']}, and only tinker's own grids can be run or planned")
    source = found["source"]
    if not Path(source["file"]).is_file():
        raise UserError(
            f"{grid}: these results come from {source['file']}, which is not there; name the file, "
            "or work in the folder in which the grid was run"
        )
    from tinker.grid.load import load_grid

    makes = load_grid(Path(source["file"]), source["overrides"]).results_name
    if makes != grid:
        raise UserError(f"{grid}: these results come from {source['file']}, which makes {makes}; name one of the two")
    return Found(Path(source["file"]), [*source["overrides"], *overrides])


@dataclass(frozen=True)
class FoundResults:
    """The name of a grid's folder among the results, and what to know of them: that the grid has changed since."""

    name: str
    notes: tuple[str, ...] = ()


def results_of(grid: str, overrides: Sequence[str], results: Path) -> FoundResults:
    """The results of that grid. A name of some stands for them as they are, the file need not exist.

    Raises:
        UserError: as `find_grid` does, or the grid has no results.
    """
    if not overrides and not Path(grid).is_file():
        return FoundResults(grid)
    from tinker.grid.changed import changed_keys
    from tinker.grid.load import load_grid

    found = find_grid(grid, overrides, results)
    declared = load_grid(found.file, found.overrides)
    name = declared.results_name
    changed = changed_keys(declared, grids.load_grid(results, name))
    if not changed:
        return FoundResults(name)
    elsewhere = [] if results == Path("results") else ["--results", str(results)]
    again = shlex.join(["tinker", "run", grid, *overrides, *elsewhere])
    given = f"{shlex.join([grid, *overrides])} is not what was run ({', '.join(changed)} changed)"
    return FoundResults(name, (f"{given}: this report is of what was run; run it as it is now with `{again}`",))
