"""Where the `tinker` command begins: what it needs is loaded in here, where Ctrl-C is caught already."""

from __future__ import annotations

from tinker import collector
from tinker.cli import interrupts


def main() -> None:
    """As `tinker.cli.main.main`."""
    with interrupts.caught():
        try:
            collector.seldom()
            from tinker.cli.main import main as command

            command()
        except BaseException as error:
            if not isinstance(error, SystemExit) and interrupts.was(error):
                interrupts.leave()
            raise
