"""What a check has to say of one arm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

#: `skipped`: the check has no question for this arm; `seen` says why.
State = Literal["ok", "failed", "skipped"]
#: Names in one line of a table; the rest is counted.
SHOWN = 4


@dataclass(frozen=True)
class Finding:
    """A line of the table, less the name of the check."""

    state: State
    seen: str


def ok(seen: str) -> Finding:
    """What was seen is as it must be."""
    return Finding("ok", seen)


def failed(seen: str) -> Finding:
    """It is not; `seen` names the culprit."""
    return Finding("failed", seen)


def skipped(why: str) -> Finding:
    """There is nothing to look at."""
    return Finding("skipped", why)


def names(found: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    listed = list(found)
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return ", ".join(listed[:SHOWN]) + more
