"""Finding a grid among the results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tinker.errors import UserError
from tinker.store.layout import Layout

SCHEMA = 1


class DamagedGridError(UserError):
    """A `grid.json` that cannot be read: `problem` says why, without its path."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(
            f"{path} {problem}; `tinker doctor --store --results {path.parent.parent}` sets it aside, and takes the"
            " grid from the tables if it can"
        )
        self.problem = problem


def read_grid(path: Path) -> dict[str, Any]:
    """A `grid.json` as it is.

    Raises:
        DamagedGridError: it is none.
        FileNotFoundError: nothing is there.
    """
    try:
        grid = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamagedGridError(path, f"is not JSON ({error})") from None
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except OSError as error:
        raise DamagedGridError(path, f"cannot be read ({error.strerror})") from None
    if not isinstance(grid, dict):
        raise DamagedGridError(path, "is not a grid that tinker wrote")
    return grid


def load_grid(results: Path, name: str) -> dict[str, Any]:
    """`grid.json` of that grid, as `tinker run` wrote it.

    Raises:
        UserError: no such grid (with those there are), or not a file of ours.
    """
    path = Layout(results).grid(name)
    try:
        grid = read_grid(path)
    except FileNotFoundError:
        found = ", ".join(grid_names(results)) or "none yet: `tinker run` makes them"
        raise UserError(f"{name!r} is not a grid in {results}; grids there are: {found}") from None
    if grid.get("name") != name:  # its tables would be written into the folder of that name
        raise UserError(
            f"{path} is of the grid {grid.get('name')!r}, and its folder is called {name!r}: give the folder its name"
            " back, or read its tables with `tinker check`"
        )
    if grid.get("schema") != SCHEMA:
        raise UserError(f"{path} has schema {grid.get('schema')!r}, this tinker reads {SCHEMA}; run the grid again")
    return grid


def grid_names(results: Path) -> list[str]:
    """Names of the grids in a results folder, sorted."""
    return sorted(path.parent.name for path in results.glob("*/grid.json"))
