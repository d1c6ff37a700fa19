"""`tinker status`: what goes on. Imports no torch, no ray, no lightning."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Json, Results

OneGrid = Annotated[
    str | None,
    typer.Argument(
        metavar="[GRID]", help="Of this grid only: its YAML file, or its name in the results.", show_default=False
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def status(grid: OneGrid = None, as_json: Json = False, results: Results = RESULTS) -> None:
        """Say who runs what in the results, how far it is, and what failed. From any terminal, at any time."""
        import json

        from tinker.status.named import grid_named
        from tinker.status.overview import overview
        from tinker.status.show import show

        found = overview(results, None if grid is None else grid_named(grid))
        typer.echo(json.dumps(found.as_dict(), indent=2) if as_json else "\n".join(show(found)))
