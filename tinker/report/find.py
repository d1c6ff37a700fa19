"""Committed tables that a command line names: a folder that has them, or its trials.parquet. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinker.errors import UserError
from tinker.tables.names import TRIALS


def tables_of(grid: str, overrides: Sequence[str], results: Path) -> Path | None:
    """The folder of that name that has tables; a grid of that name among the results comes first, and gives None.

    Raises:
        UserError: a folder without tables, or overrides, which finished tables cannot follow.
    """
    folder = _folder(grid, results)
    if folder is not None and overrides:
        raise UserError(f"{folder} holds finished tables, which overrides ({' '.join(overrides)}) cannot change")
    return folder


def _folder(grid: str, results: Path) -> Path | None:
    if (results / grid / "grid.json").is_file() and Path(grid).name == grid:
        return None
    path = Path(grid)
    if path.name == TRIALS and path.is_file():
        return path.parent
    if path.is_dir() and not (path / TRIALS).is_file() and not (results / grid / TRIALS).is_file():
        raise UserError(f"{grid}: a folder without {TRIALS}; `tinker report` makes it, `tinker import` too")
    # What reads as a path is one: a folder of that path inside the results does not stand in for it.
    places = (results / grid, path) if path.name == grid else (path, results / grid)
    return next((folder for folder in places if (folder / TRIALS).is_file()), None)
