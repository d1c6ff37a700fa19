"""`tinker verify`: arm after arm, with a sign of life while one is looked at."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from rich.console import Console

from tinker.config.schema import TrialConfig
from tinker.verify.battery import Line, examine
from tinker.verify.show import as_dict, passed, show
from tinker.verify.subject import Subject


def verify_all(arms: dict[str, TrialConfig], quick: bool, out: Console | None, progress: Console) -> dict[str, Any]:
    """Checks each arm; prints its table to `out` when it is done, and what is going on to `progress`, a terminal.

    Returns:
        `passed`, and `arms` with every finding.
    """
    found: dict[str, list[Line]] = {}
    for name, config in arms.items():
        status = progress.status(name) if progress.is_terminal else None

        def say(text: str, name: str = name, update: Any = status and status.update) -> None:
            if update:
                update(f"{name}: {text}")

        with status or nullcontext():
            found[name] = list(examine(Subject(name, config, quick, say)))
        if out:
            show(name, found[name], out)
    return {
        "passed": all(passed(lines) for lines in found.values()),
        "arms": [as_dict(name, lines) for name, lines in found.items()],
    }
