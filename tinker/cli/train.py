"""`tinker train`: one trial outside a grid, without Ray."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Force, Overrides, Results


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def train(
        overrides: Overrides = None,
        seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of weights, dropout and data order.")] = 1,
        results: Results = RESULTS,
        force: Force = False,
    ) -> None:
        """Train one model into the store. It resumes where it was cut off, and grids find its row."""
        from rich.console import Console

        from tinker.schedule.single import train_one

        raise typer.Exit(train_one(overrides or [], seed, results, Console(stderr=True), force=force))
