"""`tinker noise`: equal runs against themselves."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Force, Json, Overrides, Results

NoiseGrid = Annotated[
    str | None,
    typer.Argument(
        metavar="[GRID]",
        help="A grid's YAML file, the name of a grid in the results, or a folder with its Parquet tables.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def noise(
        grid: NoiseGrid = None,
        overrides: Overrides = None,
        arm: Annotated[
            str | None, typer.Option("--arm", metavar="NAME", help="Of this arm instead of the control.")
        ] = None,
        seeds: Annotated[
            int | None,
            typer.Option("--seeds", min=4, metavar="N", help="Train the control until N runs of it are there."),
        ] = None,
        metric: Annotated[
            str | None, typer.Option("--metric", metavar="NAME", help="Another metric than the one that decides.")
        ] = None,
        as_json: Json = False,
        results: Results = RESULTS,
        force: Force = False,
    ) -> None:
        """Compare the control with itself: its noise, what that passes off as an effect, and the seeds effects need."""
        import json
        import sys

        from rich.console import Console

        from tinker.errors import OK, UserError
        from tinker.noise.analyse import analyse, as_dict
        from tinker.noise.find import find
        from tinker.noise.text import text

        if grid is None:
            raise UserError(
                "tinker noise: name a grid: its YAML file, a name in the results, or a folder with its tables"
            )
        asked = find(grid, overrides or [], results, arm, seeds)
        if seeds is not None:
            from tinker.schedule.noise_run import train_controls

            code = train_controls(grid, overrides or [], seeds, results, Console(stderr=True), asked.again, force=force)
            if code != OK:
                raise typer.Exit(code)
        made = [analyse(runs, asked.more) for runs in asked.runs(metric)]
        if as_json:
            typer.echo(json.dumps([as_dict(each) for each in made], indent=2))
        else:
            sys.stdout.write("\n".join(text(each) for each in made))
