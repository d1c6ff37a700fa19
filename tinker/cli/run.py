"""`tinker run`: what is missing of a grid, on Ray."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Force, Grid, Overrides, Results


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def run(
        grid: Grid,
        overrides: Overrides = None,
        results: Results = RESULTS,
        force: Force = False,
        wait: Annotated[bool, typer.Option("--wait", help="Wait for another run on these results to end.")] = False,
    ) -> None:
        """Run what is missing of a grid. Safe to interrupt and to repeat: finished trials are never run again."""
        from rich.console import Console

        from tinker.schedule.grid_run import run_grid

        code = run_grid(grid, overrides or [], results, Console(stderr=True), force=force, wait=wait)
        raise typer.Exit(code)
