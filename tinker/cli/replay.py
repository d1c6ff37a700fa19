"""`tinker replay`: one row of the table, run again."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Results


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def replay(
        trial: Annotated[str, typer.Argument(metavar="TRIAL", help="A trial's id, or the beginning of one.")],
        results: Results = RESULTS,
    ) -> None:
        """Run a stored trial again from its record: exit 0 if it comes out equal, 1 if it does not."""
        from rich.console import Console

        from tinker.schedule.replay_view import replay_trial

        raise typer.Exit(replay_trial(trial, results, Console(), Console(stderr=True)))
