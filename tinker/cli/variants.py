"""`tinker variants`: what each slot can hold."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import Json


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def variants(
        slot: Annotated[str | None, typer.Argument(metavar="[SLOT]", help="One slot only: attention, mlp, ...")] = None,
        plugin: Annotated[
            list[str] | None, typer.Option("--plugin", metavar="FILE", help="Also those that this file brings.")
        ] = None,
        as_json: Json = False,
    ) -> None:
        """List the variants of every slot: keys with their defaults, what they are, and their papers."""
        import json
        import shutil
        from dataclasses import asdict

        from tinker.catalogue.page import page
        from tinker.catalogue.variants import catalogue
        from tinker.config.plugins import load_plugins

        load_plugins(plugin or [])
        entries = catalogue(slot)
        if as_json:
            typer.echo(json.dumps([asdict(entry) for entry in entries], indent=2))
            return
        for line in page(entries, min(100, shutil.get_terminal_size().columns)):
            typer.echo(line)
