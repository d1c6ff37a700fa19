"""`tinker cloud reap`: pods that nobody looks after any more."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.errors import FAILED


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def reap(
        all_mine: Annotated[
            bool, typer.Option("--all-mine", help="Delete every pod of yours, runs that are at work included.")
        ] = False,
    ) -> None:
        """Delete pods whose launcher has died or whose time is over; others of yours are only shown.

        What such a pod has of results is brought home first, if it still answers. Every `tinker run --on runpod` begins
        with this.
        """
        from tinker.cloud.extra import require_extra

        require_extra()
        from tinker.cloud.account import reap_now

        if not reap_now(typer.echo, everything=all_mine):
            raise typer.Exit(FAILED)
