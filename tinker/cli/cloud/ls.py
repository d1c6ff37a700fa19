"""`tinker cloud ls`: what this user has rented."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import Json


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def ls(
        json: Json = False,
        all_fleets: Annotated[bool, typer.Option("--all", help="Fleets that are closed too, with their cost.")] = False,
    ) -> None:
        """List pods and fleets, with their cost. Asks RunPod; nothing is changed."""
        from tinker.cloud.listing import listing

        typer.echo(listing(as_json=json, closed=all_fleets))
