"""A grid with all that is known of it: what it declared, its trials, their curves, and what the statistics say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from tinker.errors import UserError
from tinker.report.learning import learning_curves
from tinker.stats.compare import compare
from tinker.stats.rule import Rule
from tinker.store.ahead import LookAhead
from tinker.store.lock import results_lock
from tinker.store.rented import read_rented
from tinker.store.spent import spent
from tinker.store.store import Store
from tinker.tables import schema
from tinker.tables.collect import collect, grid_of, written
from tinker.tables.grid_shape import checked
from tinker.tables.grids import load_grid
from tinker.tables.looks import read_looks, record_looks
from tinker.tables.names import COMPARISONS, CURVES, TRIALS
from tinker.tables.once import compact, rows_of
from tinker.tables.parquet import read, write
from tinker.tables.tuning import write_tuning
from tinker.tables.tuning_so_far import so_far

Row = Mapping[str, Any]
GRID_FILE = "grid.json"


@dataclass(frozen=True)
class Analysis:
    """Rows of the three tables, and the grid that they belong to.

    Attributes:
        grid: `grid.json`.
        trials: rows of trials.parquet, one for each planned trial.
        curves: curves.parquet.
        comparisons: rows of comparisons.parquet.
        looks: rows of looks.parquet.
        kept: how many finished trials only the tables know, since the store has lost them.
    """

    grid: dict[str, Any]
    rule: Rule
    trials: list[dict[str, Any]]
    curves: pa.Table
    comparisons: list[dict[str, Any]]
    looks: list[dict[str, Any]]
    kept: int = 0

    @classmethod
    def of(cls, results: Path, name: str, *, keep: bool = True, ahead: LookAhead | None = None) -> Analysis:
        """From the store; the tables (tuning.parquet too) are written into `results/<name>` unless `keep` is false.

        One process at a time writes: tables of one moment lie together, and no look is lost. `ahead` is a look at the
        trials that was begun before.

        Raises:
            UserError: no such grid, or tables that cannot be read or written.
        """
        if not keep:
            return cls._of_store(results, name, ahead)
        load_grid(results, name)  # a wrong name makes no folder
        with results_lock(results):
            found = cls._of_store(results, name, ahead, keep=True)
            write(results / name / COMPARISONS, pa.Table.from_pylist(found.comparisons, schema.comparisons()))
            write_tuning(results / name, found.grid)
            return replace(found, looks=record_looks(results / name, found.comparisons))

    @classmethod
    def _of_store(cls, results: Path, name: str, ahead: LookAhead | None, *, keep: bool = False) -> Analysis:
        grid = _with_costs(checked(load_grid(results, name), results / name / GRID_FILE), results)
        grid = so_far(grid, Store(results))
        collected = collect(results, grid, keep=False, ahead=ahead)
        with written(results / name, collected) if keep else nullcontext():
            return cls._judged(grid, collected.trials, collected.curves, read_looks(results / name), collected.kept)

    @classmethod
    def read(cls, folder: Path) -> Analysis:
        """From tables that were committed, without a store: comparisons are computed anew from trials and curves.

        Raises:
            UserError: no trials.parquet there, or tables or a grid in them that are not tinker's.
        """
        path = folder / TRIALS
        if not path.is_file():
            raise UserError(f"{folder}: no {TRIALS} there; `tinker report` makes it, `tinker import` too")
        table = read(path)
        grid = _grid_of(folder, table)
        if grid["decide"]["metric"] not in table.column_names:
            raise UserError(
                f"{path}: no column {grid['decide']['metric']!r}, by which the rule of these tables decides"
            )
        try:
            return cls._of_tables(folder, table, grid)
        except pa.ArrowException as error:
            said = " ".join(str(error).split())
            raise UserError(f"{folder}: tables with columns that are not tinker's ({said})") from None

    @classmethod
    def _of_tables(cls, folder: Path, table: pa.Table, grid: dict[str, Any]) -> Analysis:
        rows = rows_of(table)
        trials = pa.Table.from_pylist(
            rows, compact(schema.trials(schema.metric_names(table.schema)))
        )  # older: fewer columns
        curves = read(folder / CURVES) if (folder / CURVES).is_file() else schema.curves().empty_table()
        return cls._judged(grid, trials, curves, read_looks(folder), 0)

    @classmethod
    def _judged(
        cls, grid: dict[str, Any], trials: pa.Table, curves: pa.Table, looks: list[dict[str, Any]], kept: int
    ) -> Analysis:
        rule, rows = Rule.from_grid(grid), rows_of(trials)
        learning = learning_curves(curves, rule.metric)
        compared = compare(rows, schema.metric_names(trials.schema), rule, learning)
        table = pa.Table.from_pylist(compared, schema.comparisons())
        return cls(grid, rule, rows, curves, table.to_pylist(), looks, kept)


def _with_costs(grid: dict[str, Any], results: Path) -> dict[str, Any]:
    """With what its runs have spent, where it has a budget, and what was rented for it: both lie beside it."""
    fleets = read_rented(results, grid["name"])
    rented = {"rented": [fleet.as_dict() for fleet in fleets]} if fleets else {}
    if "budget" not in grid:
        return grid | rented
    return grid | rented | {"spent": asdict(spent(results, grid["name"], grid["budget"].get("usd_per_hour")))}


def _grid_of(folder: Path, trials: pa.Table) -> dict[str, Any]:
    """The grid in the file's metadata; tables from before it was kept there have a file beside them."""
    grid = grid_of(trials, folder / TRIALS)
    if grid is not None:
        return grid
    path = folder / GRID_FILE
    try:
        beside = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder}: {TRIALS} holds no grid, and grid.json is not to be had ({error})") from None
    return checked(beside, path)
