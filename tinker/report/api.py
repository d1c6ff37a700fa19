"""Make and show the report of a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import pyarrow as pa

from tinker.report import json, markdown, terminal
from tinker.report.build import build
from tinker.report.view import Report
from tinker.stats.compare import compare
from tinker.stats.rule import Rule
from tinker.tables import schema
from tinker.tables.collect import COMPARISONS, collect
from tinker.tables.grids import load_grid
from tinker.tables.parquet import write

Format = Literal["table", "md", "json"]


def make_report(results: Path, grid_name: str, notes: Sequence[str] = ()) -> Report:
    """Write trials, curves and comparisons.parquet of the grid beside its `grid.json`, and return what they say.

    `notes` are what the caller knows of these results; they stand among the report's own.

    Raises:
        UserError: no such grid, or tables that cannot be read or written.
    """
    grid = load_grid(results, grid_name)
    rule = Rule.from_grid(grid)
    collected = collect(results, grid)
    trials = collected.trials.to_pylist()
    metrics = schema.metric_names(collected.trials.schema)
    rows = compare(trials, metrics, rule)
    path = results / grid_name / COMPARISONS
    table = write(path, pa.Table.from_pylist(rows, schema.comparisons()))
    kept = f"{collected.kept} finished trials are known from the earlier tables only: the store does not hold them"
    return build(grid, trials, table.to_pylist(), rule, [*notes, *([kept] if collected.kept else [])])


def render(report: Report, format: Format, width: int = 100, color: bool = False) -> str:
    """The report as text that ends with a newline. `width` (columns) and `color` are for `table` alone."""
    renderers: dict[Format, Callable[[], str]] = {
        "table": lambda: terminal.render(report, width, color),
        "md": lambda: markdown.render(report),
        "json": lambda: json.render(report),
    }
    return renderers[format]()
