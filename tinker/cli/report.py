"""`tinker report`: tables and the comparison with the control. Imports no torch, no ray, no lightning."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Grid, Json, Overrides, Results

#: Columns where nothing says how wide the reader's page is.
PIPE_WIDTH = 100


class Format(StrEnum):
    """How a report is laid out."""

    table = "table"
    md = "md"
    json = "json"


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def report(
        grid: Grid,
        overrides: Overrides = None,
        layout: Annotated[Format, typer.Option("--format", help="How to lay it out.")] = Format.table,
        as_json: Json = False,
        results: Results = RESULTS,
    ) -> None:
        """Write the Parquet tables of a grid and print what they say: effects against the control, with intervals."""
        from rich.console import Console

        from tinker.grid.find import results_of
        from tinker.report.api import make_report, render

        console = Console()
        width = console.width if console.is_terminal else PIPE_WIDTH
        found = results_of(grid, overrides or [], results)
        made = make_report(results, found.name, found.notes)
        text = render(made, "json" if as_json else layout.value, width=width, color=console.is_terminal)
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
