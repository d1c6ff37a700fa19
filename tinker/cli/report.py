"""`tinker report`: tables and the comparison with the control. Imports no torch, no ray, no lightning."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Grid, Json, Overrides, Results
from tinker.errors import UserError

#: Columns where nothing says how wide the reader's page is.
PIPE_WIDTH = 100


class Format(StrEnum):
    """How a report is laid out."""

    table = "table"
    md = "md"
    html = "html"
    json = "json"


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def report(
        grid: Grid,
        overrides: Overrides = None,
        layout: Annotated[Format, typer.Option("--format", help="How to lay it out.")] = Format.table,
        output: Annotated[
            Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.", show_default=False)
        ] = None,
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
        chosen = Format.json if as_json else layout
        if output is None and chosen is Format.html and sys.stdout.isatty():  # a page is not for a terminal to show
            output = results / found.name / "report.html"
        text = render(made, chosen.value, width=width, color=console.is_terminal and output is None)
        text = text if text.endswith("\n") else f"{text}\n"
        if output is None:
            sys.stdout.write(text)
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UserError(
                f"--output {output}: cannot be written ({error.strerror}); name a file in a folder"
            ) from None
        sys.stdout.write(f"{output}\n")
