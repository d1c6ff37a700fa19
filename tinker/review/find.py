"""What a review is asked about: a grid among the results, or tables in a folder. Nothing is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tinker.errors import UserError
from tinker.grid.find import results_of
from tinker.report.analysis import Analysis
from tinker.review.evidence import Evidence, Row
from tinker.store.layout import Layout
from tinker.tables.collect import COMPARISONS, GRID, TRIALS
from tinker.tables.parquet import read

#: What a grid has to say to be judged.
NEEDED = ("name", "control", "decide", "rule_hash", "rule_history", "arms", "cells", "skipped")


def find(grid: str, overrides: Sequence[str], results: Path) -> Evidence:
    """The evidence on a grid: from the store where the results have one, else from committed tables alone.

    Args:
        grid: a grid's YAML file, the name of a grid in the results, or a folder (or its trials.parquet) with tables.

    Raises:
        UserError: neither of these, or tables that are not tinker's.
    """
    folder = _tables(grid, results)
    if folder is not None:
        if overrides:
            raise UserError(f"{folder} holds finished tables, which overrides ({' '.join(overrides)}) cannot change")
        return _of_tables(folder)
    found = results_of(grid, overrides, results)
    name = found.name
    if not Layout(results).trials.is_dir() and (results / name / TRIALS).is_file():
        return _of_tables(results / name, found.notes)
    analysis = Analysis.of(results, name, keep=False)
    kept = f"{analysis.kept} finished trials are known from the tables only: the store does not hold them"
    notes = (*found.notes, *([kept] if analysis.kept else []))
    return Evidence(analysis, f"the store in {results}", True, _said(results / name), None, notes)


def _tables(grid: str, results: Path) -> Path | None:
    """The folder of that name that has tables; a grid of that name among the results comes first."""
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


def _of_tables(folder: Path, notes: tuple[str, ...] = ()) -> Evidence:
    beside = _grid_file(folder)
    _whole(folder, beside)
    try:
        analysis = Analysis.read(folder)
    except pa.ArrowException as error:
        raise UserError(f"{folder}: tables with columns that are not tinker's ({_line(error)})") from error
    return Evidence(analysis, f"the tables in {folder}", False, _said(folder), beside, notes)


def _grid_file(folder: Path) -> dict[str, Any] | None:
    path = folder / "grid.json"
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is not JSON ({_line(error)})") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is not a grid that tinker wrote")
    return content


def _whole(folder: Path, beside: Mapping[str, Any] | None) -> None:
    """
    Raises:
        UserError: the tables' grid lacks something that every grid has, or the column of what it measures.
    """
    path = folder / TRIALS
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is not a Parquet file ({_line(error)})") from None
    text = (schema.metadata or {}).get(GRID)
    try:
        grid = beside if text is None else json.loads(text)
    except ValueError as error:
        raise UserError(f"{path}: the grid in it is not JSON ({_line(error)})") from None
    if grid is None:
        return  # Analysis.read says so
    missing = [key for key in NEEDED if not isinstance(grid, dict) or key not in grid]
    if missing:
        raise UserError(f"{path}: the grid of these tables lacks {', '.join(missing)}; make them with `tinker report`")
    metric = grid["decide"].get("metric") if isinstance(grid["decide"], dict) else None
    if metric not in schema.names:
        raise UserError(f"{path}: no column {metric!r}, by which the rule of these tables decides")


def _said(folder: Path) -> list[Row] | None:
    """The rows of a comparisons.parquet there."""
    path = folder / COMPARISONS
    if not path.is_file():
        return None
    rows: list[Row] = read(path).to_pylist()
    missing = [key for key in ("corpus", "scale", "arm", "primary", "verdict") if rows and key not in rows[0]]
    if missing:
        raise UserError(f"{path} lacks the columns {', '.join(missing)}; make it with `tinker report`")
    return rows


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
