"""`tinker run`: what is missing of a grid, on Ray."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Force, Grids, Results, apart


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def run(
        grids: Grids,
        results: Results = RESULTS,
        force: Force = False,
        fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop when a trial has failed for good.")] = False,
    ) -> None:
        """Run what is missing of grids. Safe to interrupt and to repeat: finished trials are never run again."""
        from rich.console import Console

        from tinker.schedule.grid_run import run_grids

        named, overrides = apart(grids)
        code = run_grids(named, overrides, results, Console(stderr=True), force=force, fail_fast=fail_fast)
        raise typer.Exit(code)
