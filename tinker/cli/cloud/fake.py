"""`tinker cloud fake`: to try renting without an account."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def fake(
        port: Annotated[int, typer.Option(min=0, max=65535, help="Where it answers; 0 is any that is free.")] = 0,
        pods: Annotated[int, typer.Option(min=1, max=200, help="So many pods at a time, at most.")] = 4,
        card: Annotated[
            list[str] | None, typer.Option(metavar="ID", help="Only this card is free; may be given again.")
        ] = None,
    ) -> None:
        """Play RunPod on this computer: pods are processes here, nothing is rented, no account is needed."""
        from tinker.cloud.fake.serve import serve

        serve(port, pods, card or [], typer.echo)
