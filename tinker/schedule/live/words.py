"""Numbers as a person reads them at a glance, and the signs of a trial's states."""

from __future__ import annotations

from typing import Literal

State = Literal["waiting", "running", "done", "diverged", "failed", "not needed"]
#: States in which nothing more becomes of a trial in this run.
ENDED: tuple[State, ...] = ("done", "diverged", "failed")

#: Sign, sign where the terminal knows ASCII only, and style.
SIGNS: dict[State, tuple[str, str, str]] = {
    "done": ("\N{CHECK MARK}", "o", "green"),
    "diverged": ("~", "~", "magenta"),
    "failed": ("\N{BALLOT X}", "x", "bold red"),
    "running": (">", ">", "bold cyan"),
    "waiting": ("\N{MIDDLE DOT}", ".", "dim"),
    "not needed": ("-", "-", "dim"),
}


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3.4 h`: two digits are enough for a person."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def per_hour(rate: float) -> str:
    """`1,200 trials an hour`, `3.2 trials an hour`."""
    return f"{rate:,.0f} trials an hour" if rate >= 10 else f"{rate:.1f} trials an hour"


def dollars(amount: float) -> str:
    """`$0.03`, `$12`."""
    return f"${amount:,.2f}" if amount < 10 else f"${amount:,.0f}"
