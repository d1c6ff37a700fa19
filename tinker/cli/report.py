"""`tinker report`: tables and the comparison with the control. Imports no torch, no ray, no lightning."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tinker.cli.options import RESULTS, GridOrTables, Json, Overrides, Results
from tinker.cli.without_pandas import without_pandas
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
        grid: GridOrTables,
        overrides: Overrides = None,
        layout: Annotated[Format, typer.Option("--format", help="How to lay it out.")] = Format.table,
        output: Annotated[
            Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.", show_default=False)
        ] = None,
        as_json: Json = False,
        results: Results = RESULTS,
    ) -> None:
        """Write the Parquet tables of a grid and print what they say: effects against the control, with intervals.

        Of a folder with tables it prints what they say, and writes nothing into it.
        """
        from rich.console import Console

        from tinker.grid.find import results_of
        from tinker.report.find import tables_of
        from tinker.store.ahead import look_ahead

        console = Console()
        width = console.width if console.is_terminal else PIPE_WIDTH
        chosen = Format.json if as_json else layout
        for_reader = output is None and chosen is Format.html and sys.stdout.isatty()  # no terminal shows a page
        folder = tables_of(grid, overrides or [], results)
        if folder is not None:
            if for_reader:
                raise UserError(f"nothing is written into {folder}, which holds tables: say --output FILE for the page")
            without_pandas()
            from tinker.report.api import read_report, render

            made = read_report(folder)
        else:
            found = results_of(grid, overrides or [], results)
            with look_ahead(results, found.name) as ahead:
                without_pandas()
                from tinker.report.api import make_report, render

                made = make_report(results, found.name, found.notes, ahead)
            output = results / found.name / "report.html" if for_reader else output
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
