"""What a run tells people."""

from __future__ import annotations

from rich.console import Console


class Speaker:
    """Plain sentences on the console, unstyled and unwrapped."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def __call__(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
