"""`tinker run`: what is missing of a grid, on Ray, here or elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Force, Grids, Results, apart
from tinker.errors import UserError


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def run(
        grids: Grids,
        results: Results = RESULTS,
        force: Force = False,
        fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop when a trial has failed for good.")] = False,
        on: Annotated[
            str | None,
            typer.Option(
                metavar="WHERE",
                help="runpod to rent GPUs; ssh://[USER@]HOST[:PORT] or ray://HOST[:PORT] for machines of your own.",
                show_default=False,
            ),
        ] = None,
        fleet: Annotated[
            Path | None,
            typer.Option(
                metavar="FILE", help="What may be rented, in place of the grid's `fleet:`.", show_default=False
            ),
        ] = None,
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Rent without asking.")] = False,
        detach: Annotated[bool, typer.Option("--detach", help="Return once the run elsewhere has begun.")] = False,
    ) -> None:
        """Run what is missing of grids. Safe to interrupt and to repeat: finished trials are never run again."""
        from rich.console import Console

        named, overrides = apart(grids)
        if on is not None:
            from tinker.cloud.elsewhere import run_elsewhere

            options = [word for word, given in (("--force", force), ("--fail-fast", fail_fast)) if given]
            asked = (named, overrides, results, fleet, options)
            raise typer.Exit(run_elsewhere(on, *asked, say=_say, print_log=typer.echo, yes=yes, detach=detach))
        if fleet is not None or yes or detach:
            raise UserError("--fleet, --yes and --detach are for runs elsewhere; say where with --on")
        from tinker.schedule.executor import Executor

        with Executor() as ray:  # it takes seconds to start, in which grids are read and checked
            from tinker.schedule.grid_run import run_grids

            console = Console(stderr=True)
            code = run_grids(named, overrides, results, console, force=force, fail_fast=fail_fast, executor=ray)
        raise typer.Exit(code)


def _say(line: str) -> None:
    typer.echo(line, err=True)
