"""`tinker cloud logs`: what a pod has said."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def logs(
        pod: Annotated[str, typer.Argument(metavar="POD", help="A pod, as `tinker cloud ls` names it.")],
        lines: Annotated[int, typer.Option("--lines", "-n", min=1, max=5000, help="So many from the end.")] = 100,
    ) -> None:
        """Show what a pod's container has said, by RunPod's own record: works while nothing else answers."""
        from tinker.cloud.account import api, named_pod

        service = api()
        for line in service.logs(named_pod(service, pod).id, lines):
            typer.echo(line)
