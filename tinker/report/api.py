"""Make and show the report of a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinker.report import json, markdown, terminal
from tinker.report.analysis import Analysis
from tinker.report.build import build
from tinker.report.view import Report
from tinker.store.ahead import LookAhead
from tinker.tables.looks import lost_looks

Format = Literal["table", "md", "html", "json"]


@dataclass(frozen=True)
class Made:
    """The report, and the rows that it was made from: plots need them."""

    report: Report
    analysis: Analysis


def make_report(results: Path, grid_name: str, notes: Sequence[str] = (), ahead: LookAhead | None = None) -> Made:
    """Write trials, curves and comparisons.parquet of the grid beside its `grid.json`, and return what they say.

    `notes` are what the caller knows of these results; they stand among the report's own. `ahead` is a look at the
    trials that the caller has begun.

    Raises:
        UserError: no such grid, or tables that cannot be read or written.
    """
    found = Analysis.of(results, grid_name, ahead=ahead)
    kept = f"{found.kept} finished trials are known from the earlier tables only: the store does not hold them"
    said = [*notes, *([kept] if found.kept else []), *lost_looks(results / grid_name)]
    return _made(found, said)


def read_report(folder: Path) -> Made:
    """What committed tables say; nothing is written.

    Raises:
        UserError: no tables there, or such as are not tinker's.
    """
    return _made(Analysis.read(folder), lost_looks(folder))


def _made(found: Analysis, notes: Sequence[str]) -> Made:
    return Made(build(found.grid, found.trials, found.comparisons, found.rule, notes, found.looks), found)


def render(made: Made, format: Format, width: int = 100, color: bool = False) -> str:
    """The report as text that ends with a newline. `width` (columns) and `color` are for `table` alone."""
    renderers: dict[Format, Callable[[], str]] = {
        "table": lambda: terminal.render(made.report, width, color),
        "md": lambda: markdown.render(made.report),
        "html": lambda: _html(made),
        "json": lambda: json.render(made.report),
    }
    return renderers[format]()


def _html(made: Made) -> str:
    from tinker.report import html  # jinja2, which the other formats can do without

    return html.render(made.report, made.analysis)
