"""`tinker freeze`: the frozen record of a control."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Grid, Overrides, Results


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def freeze(
        name: Annotated[str, typer.Argument(metavar="NAME", help="What to call the record: baseline-v0.")],
        grid: Grid,
        overrides: Overrides = None,
        results: Results = RESULTS,
    ) -> None:
        """Freeze the control of a finished grid (recipe, seeds, results, environment) under results/NAME/SCALE."""
        from tinker.grid.find import results_of
        from tinker.store.frozen import freeze_control

        found = results_of(grid, overrides or [], results)
        for note in found.notes:
            typer.echo(f"note: {note}", err=True)
        typer.echo(f"frozen in {freeze_control(name, results, found.name)}")
