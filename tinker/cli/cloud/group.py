"""The commands of `tinker cloud`."""

from __future__ import annotations

import typer

from tinker.cli.cloud import down, fake, logs, ls, plan, reap, ssh

cloud = typer.Typer(
    name="cloud",
    help="Rented GPUs: what they would cost, what is rented, and giving it back.",
    no_args_is_help=True,
)
for module in (plan, ls, logs, ssh, reap, down, fake):
    module.register(cloud)


def register(app: typer.Typer) -> None:
    """Adds the group."""
    app.add_typer(cloud)
