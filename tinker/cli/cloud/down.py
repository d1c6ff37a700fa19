"""`tinker cloud down`: one fleet, stopped and given back."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def down(
        fleet: Annotated[str, typer.Argument(metavar="FLEET", help="A fleet, as `tinker cloud ls` names it.")],
    ) -> None:
        """Stop a fleet's run, bring its results home, and give its pods back."""
        from tinker.cloud.extra import require_extra

        require_extra()
        from tinker.cloud.attach import down as give_up

        raise typer.Exit(give_up(fleet, typer.echo))
