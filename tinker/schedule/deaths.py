"""Why a worker died, where Ray does not know yet: a broken connection is all that is seen of a machine that is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ray._private import state  # the public way needs the dashboard

#: What Ray says while it does not know.
UNKNOWN = "is unavailable: "
#: Seconds until it must know: it asks a node every three seconds whether it lives, and takes five silences for death.
LONGEST = 45.0


@dataclass(frozen=True)
class _Death:
    number: int
    actor: str
    words: str
    since: float


class Deaths:
    """Items whose workers are gone, until Ray says how."""

    def __init__(self) -> None:
        self._open: list[_Death] = []

    def add(self, number: int, actor: Any, words: str) -> None:
        """An item with the handle of its worker, and what was said at first."""
        self._open.append(_Death(number, actor._actor_id.hex(), words, time.monotonic()))

    def told(self) -> Iterator[tuple[int, str]]:
        """Those that are known by now, or have to be taken as they are: number, and what Ray says of it."""
        still, self._open = self._open, []
        for death in still:
            found = state.actors(death.actor)  # type: ignore[no-untyped-call]
            if found.get("State") == "DEAD":
                context = found["DeathCause"].actor_died_error_context
                yield death.number, context.error_message or death.words
            elif time.monotonic() - death.since > LONGEST:
                yield death.number, death.words
            else:
                self._open.append(death)
