"""What a review is asked about: a grid among the results, or tables in a folder. Nothing is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tinker.errors import UserError
from tinker.grid.find import results_of
from tinker.report.analysis import Analysis
from tinker.report.find import tables_of
from tinker.review.evidence import ENDED, Evidence, Row
from tinker.store.layout import Layout
from tinker.store.store import Store
from tinker.tables.collect import grid_of
from tinker.tables.looks import LOOKS
from tinker.tables.names import COMPARISONS, TRIALS
from tinker.tables.parquet import read


def find(grid: str, overrides: Sequence[str], results: Path) -> Evidence:
    """The evidence on a grid: from the store where the results have one, else from committed tables alone.

    Rows that the store does not hold are taken from the tables beside it, and say so.

    Args:
        grid: a grid's YAML file, the name of a grid in the results, or a folder (or its trials.parquet) with tables.

    Raises:
        UserError: neither of these, or tables that are not tinker's.
    """
    folder = tables_of(grid, overrides, results)
    if folder is not None:
        return _of_tables(folder)
    found = results_of(grid, overrides, results)
    name = found.name
    if not Layout(results).trials.is_dir() and (results / name / TRIALS).is_file():
        return _of_tables(results / name, found.notes)
    analysis = Analysis.of(results, name, keep=False)
    held = Layout(results).trials
    kept = [row for row in analysis.trials if row["status"] in ENDED and not (held / row["trial_id"]).exists()]
    text = f"{analysis.kept} finished trials are known from the tables only: the store does not hold them"
    notes = (*found.notes, *([text] if analysis.kept else []))  # imported ones are not to be found there at all
    arms, looked = frozenset(row["arm"] for row in kept), (results / name / LOOKS).is_file()
    tables = results / name / TRIALS
    made_of = grid_of(read(tables), tables) if kept else None
    origin = f"the store in {results}"
    configs = _configs(results, analysis.grid)
    return Evidence(analysis, origin, True, _said(results / name), made_of, notes, arms, looked, configs)


def _configs(results: Path, grid: Mapping[str, Any]) -> dict[str, Mapping[str, Any]] | None:
    """Of the trials of a grid that tunes: what they really ran with."""
    if "tuning" not in grid:
        return None
    ids = {cell["trial_id"] for cell in grid["cells"]}
    return {row.trial_id: row.spec.config for row in Store(results).rows(ids) if row.spec_json is not None}


def _of_tables(folder: Path, notes: tuple[str, ...] = ()) -> Evidence:
    beside = _grid_file(folder)
    analysis, looked = Analysis.read(folder), (folder / LOOKS).is_file()
    return Evidence(analysis, f"the tables in {folder}", False, _said(folder), beside, notes, looked=looked)


def _grid_file(folder: Path) -> dict[str, Any] | None:
    path = folder / "grid.json"
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is not JSON ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is not a grid that tinker wrote")
    return content


def _said(folder: Path) -> list[Row] | None:
    """The rows of a comparisons.parquet there."""
    path = folder / COMPARISONS
    if not path.is_file():
        return None
    rows: list[Row] = read(path).to_pylist()
    missing = [key for key in ("corpus", "scale", "arm", "metric", "primary", "verdict") if rows and key not in rows[0]]
    if missing:
        raise UserError(f"{path} lacks the columns {', '.join(missing)}; make it with `tinker report`")
    return rows
