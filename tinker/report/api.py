"""Make and show the report of a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from tinker.report import json, markdown, terminal
from tinker.report.analysis import Analysis
from tinker.report.build import build
from tinker.report.view import Report

Format = Literal["table", "md", "json"]


def make_report(results: Path, grid_name: str, notes: Sequence[str] = ()) -> Report:
    """Write trials, curves and comparisons.parquet of the grid beside its `grid.json`, and return what they say.

    `notes` are what the caller knows of these results; they stand among the report's own.

    Raises:
        UserError: no such grid, or tables that cannot be read or written.
    """
    found = Analysis.of(results, grid_name)
    kept = f"{found.kept} finished trials are known from the earlier tables only: the store does not hold them"
    return build(found.grid, found.trials, found.comparisons, found.rule, [*notes, *([kept] if found.kept else [])])


def render(report: Report, format: Format, width: int = 100, color: bool = False) -> str:
    """The report as text that ends with a newline. `width` (columns) and `color` are for `table` alone."""
    renderers: dict[Format, Callable[[], str]] = {
        "table": lambda: terminal.render(report, width, color),
        "md": lambda: markdown.render(report),
        "json": lambda: json.render(report),
    }
    return renderers[format]()
