"""`tinker cloud ssh`: a shell in a pod."""

from __future__ import annotations

import os
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command(context_settings={"ignore_unknown_options": True})
    def ssh(
        pod: Annotated[str, typer.Argument(metavar="POD", help="A pod, as `tinker cloud ls` names it.")],
        command: Annotated[
            list[str] | None, typer.Argument(metavar="[COMMAND]...", help="Run this there instead of a shell.")
        ] = None,
    ) -> None:
        """Open a shell in a pod, with the fleet's own key and the pod's pinned host key."""
        from tinker.cloud.extra import require_extra

        require_extra()
        from tinker.cloud.account import shell
        from tinker.cloud.reach.ssh import environment

        words = shell(pod, command or [])
        os.execvpe(words[0], words, environment())
