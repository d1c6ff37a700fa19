"""`tinker verify`: the correctness battery, on a recipe or on every arm of a grid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Json, Overrides, Results

OptionalGrid = Annotated[
    str | None,
    typer.Argument(
        metavar="[GRID]",
        help="A grid's YAML file, or the name of a grid in the results; without one, the overrides say a recipe.",
        show_default=False,
    ),
]
Quick = Annotated[bool, typer.Option("--quick", help="Only what `tinker run` checks before it starts an arm.")]


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def verify(
        grid: OptionalGrid = None,
        overrides: Overrides = None,
        quick: Quick = False,
        as_json: Json = False,
        results: Results = RESULTS,
    ) -> None:
        """Check that a recipe, or each arm of a grid, is causal, differentiable and able to learn; exit 1 if not."""
        import json

        from rich.console import Console

        from tinker.errors import FAILED
        from tinker.verify.run import verify_all
        from tinker.verify.targets import targets

        given = list(overrides or [])
        if grid is not None and "=" in grid and not Path(grid).is_file():  # no grid: the first override
            given.insert(0, grid)
            grid = None
        found = verify_all(targets(grid, given, results), quick, None if as_json else Console(), Console(stderr=True))
        if as_json:
            typer.echo(json.dumps(found, indent=2))
        if not found["passed"]:
            raise typer.Exit(FAILED)
