"""`tinker new`: the skeleton of a variant of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def new(
        slot: Annotated[str, typer.Argument(metavar="SLOT", help="The slot: attention, mlp, norm, optimizer, ...")],
        name: Annotated[str, typer.Argument(metavar="NAME", help="The type's name, which is also the file's.")],
        to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to write into.")] = Path(),
    ) -> None:
        """Write the skeleton of a variant of your own, which runs as it stands, and its test."""
        from tinker.new.skeleton import key, skeleton, write

        code, test = write(skeleton(slot, name), to)
        typer.echo(
            f"{code}  the variant, ready to run: make it yours\n"
            f"{test}  its test: pytest {test}\n\n"
            f"In a grid, as an arm:\n\n"
            f"plugins: [{code}]\n"
            f"arms:\n"
            f"  {name}: {{ {key(slot)}: {name} }}"
        )
