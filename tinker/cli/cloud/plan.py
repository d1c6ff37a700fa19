"""`tinker cloud plan`: what a grid would cost on rented cards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Grid, Json, Overrides, Results


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def plan(
        grid: Grid,
        overrides: Overrides = None,
        fleet: Annotated[
            Path | None, typer.Option("--fleet", metavar="FILE", help="A fleet in place of the grid's own.")
        ] = None,
        as_json: Json = False,
        results: Results = RESULTS,
    ) -> None:
        """Show what a grid would cost on the cards that RunPod has, in hours and dollars. Nothing is rented."""
        from tinker.cloud.plan import planned

        typer.echo(planned(grid, overrides or [], results, as_json=as_json, file=fleet))
