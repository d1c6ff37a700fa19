"""`tinker attach`: a run on rented machines that goes on by itself."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def attach(
        fleet: Annotated[
            str | None,
            typer.Argument(metavar="[FLEET]", help="A fleet, as `tinker cloud ls` names it; needless if there is one."),
        ] = None,
    ) -> None:
        """Go on watching a run on rented machines: words and results come home, and in the end all is given back."""
        from tinker.cloud.extra import require_extra

        require_extra()
        from tinker.cloud.attach import attach as watch

        raise typer.Exit(watch(fleet, typer.echo))
