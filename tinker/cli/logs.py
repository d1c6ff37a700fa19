"""`tinker logs`: what a trial said. Imports no torch, no ray, no lightning."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Results


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def logs(
        trial: Annotated[
            str, typer.Argument(metavar="TRIAL", help="A trial's id, or the beginning of one; whatever its state.")
        ],
        follow: Annotated[
            bool, typer.Option("--follow", help="Go on as the log grows, until the trial has ended.")
        ] = False,
        results: Results = RESULTS,
    ) -> None:
        """Print a trial's log: warnings, and why its attempts failed. On stderr its state, and where the log lies."""
        from tinker.status.log import tell_log

        def out(text: str) -> None:
            sys.stdout.write(text)
            sys.stdout.flush()

        tell_log(trial, results, out, lambda line: typer.echo(line, err=True), follow=follow)
