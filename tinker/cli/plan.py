"""`tinker plan`: what would run, before anything does."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Grid, Json, Overrides, Results


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def plan(
        grid: Grid,
        overrides: Overrides = None,
        sd: Annotated[
            float | None,
            typer.Option("--sd", metavar="X", help="The sd between seeds to reckon with, in the metric's unit."),
        ] = None,
        as_json: Json = False,
        results: Results = RESULTS,
    ) -> None:
        """Show what a grid would run, how its arms differ in size, and which effects its seeds can detect."""
        import json

        from rich.console import Console

        from tinker.schedule.plan_view import make_plan, show_plan

        made = make_plan(grid, overrides or [], results, sd)
        if as_json:
            typer.echo(json.dumps(made, indent=2))
        else:
            show_plan(made, Console())
