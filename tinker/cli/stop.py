"""`tinker stop`: as Ctrl-C in the terminals where grids run. Imports no torch, no ray, no lightning."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Results
from tinker.cli.status import OneGrid


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def stop(
        grid: OneGrid = None,
        no_wait: Annotated[bool, typer.Option("--no-wait", help="Ask, and do not wait until they have.")] = False,
        results: Results = RESULTS,
    ) -> None:
        """Ask whatever runs in the results to save itself and stop, also on other machines: exit 1 if it does not.

        Of a grid it stops the run that it belongs to, and with it the other grids of that run. The same `tinker run`
        goes on later.
        """
        from tinker.status.named import grid_named
        from tinker.status.stopping import stop as ask

        named = None if grid is None else grid_named(grid)
        raise typer.Exit(ask(results, named, typer.echo, wait=not no_wait))
