"""The findings for people, and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tinker.verify.battery import Line

STYLE = {"ok": "green", "failed": "bold red", "skipped": "dim"}


def passed(lines: Sequence[Line]) -> bool:
    """Whether no check failed."""
    return all(line.finding.state != "failed" for line in lines)


def show(name: str, lines: Sequence[Line], console: Console) -> None:
    """One arm's table."""
    console.print(Text(f"{name}: {'sound' if passed(lines) else 'FAILED'}", style="bold"))
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 2))
    for column in ("check", "result"):
        table.add_column(column, no_wrap=True)
    table.add_column("seen", overflow="fold")
    for line in lines:
        state = line.finding.state
        table.add_row(line.check, Text(state, style=STYLE[state]), Text(line.finding.seen))
    console.print(table)


def as_dict(name: str, lines: Sequence[Line]) -> dict[str, Any]:
    """One arm for `--json`."""
    return {
        "arm": name,
        "passed": passed(lines),
        "checks": [
            {
                "check": line.check,
                "state": line.finding.state,
                "seen": line.finding.seen,
                "seconds": round(line.seconds, 3),
            }
            for line in lines
        ],
    }
