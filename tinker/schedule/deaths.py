"""Why a worker died, where Ray does not know yet: a broken connection is all that is seen of a machine that is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ray
from ray._private import state  # the public way needs the dashboard

#: What Ray says while it does not know.
UNKNOWN = "is unavailable: "
#: What it says of a process that died on a machine that lives.
PROCESS = "worker process has died"
#: Seconds until it must know: it asks a node every three seconds whether it lives, and takes five silences for death.
LONGEST = 60.0


@dataclass(frozen=True)
class _Death:
    number: int
    actor: str
    node: str
    words: str
    since: float


class Deaths:
    """Items whose workers are gone, until Ray says how."""

    def __init__(self) -> None:
        self._open: list[_Death] = []

    def add(self, number: int, actor: Any, words: str) -> None:
        """An item with the handle of its worker, and what was said at first."""
        name = actor._actor_id.hex()
        node = state.actors(name).get("Address", {}).get("NodeID", "")
        self._open.append(_Death(number, name, node, words, time.monotonic()))

    def told(self) -> Iterator[tuple[int, str]]:
        """Those that are known by now, or have to be taken as they are: number, and what Ray says of it."""
        if not self._open:
            return
        alive = {node["NodeID"] for node in ray.nodes() if node["Alive"]}  # type: ignore[no-untyped-call]
        still, self._open = self._open, []
        for death in still:
            if death.node not in alive:
                yield death.number, f"its node has died: {death.node}"
                continue
            cause = state.actors(death.actor).get("DeathCause")
            said = cause.actor_died_error_context.error_message if cause else ""
            if PROCESS in said:
                yield death.number, said
            elif time.monotonic() - death.since > LONGEST:
                yield death.number, death.words
            else:
                self._open.append(death)
