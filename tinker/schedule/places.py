"""Which items Ray Tune gets now, and on which worker: each has a place, so that what was warmed is used again.

Ray Tune gives an idle worker to whichever trial waits for one of the same resources, one whose own worker is starting
included, which is then ended before it was there. Where trials are shorter than the start of a worker (seconds), one
worker would do them all. So no more items go to Tune than may run at once, and each asks for its place besides its
resources: the lowest that is free.

Items that want other resources than the workers have cost those workers. So items of the kinds that run come first, and
the others where there is room besides, or when the first of them has waited for long.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinker.schedule.cluster import Capacity

#: A resource that every node has: place n asks for n + 1 bytes of it, which is nothing.
MEMORY = "memory"

#: Seconds that an item waits at most while others of the running kinds are let past.
PATIENCE = 20.0

Kind = frozenset[tuple[str, float]]


@dataclass(frozen=True)
class Asked:
    """An item that waits for a worker.

    Attributes:
        item: as JSON.
        resources: of Ray's: `CPU`, `GPU`.
        line: items of one line (a grid) run `width` at a time.
    """

    number: int
    item: str
    resources: Mapping[str, float]
    line: str
    width: int


class Places:
    """Who has which, for each kind of resources."""

    def __init__(self) -> None:
        self._taken: dict[int, tuple[Kind, str, int]] = {}
        self._since: dict[int, float] = {}
        self._last: Kind | None = None

    @property
    def busy(self) -> bool:
        """Whether anything runs."""
        return bool(self._taken)

    def next(self, waiting: Sequence[Asked], capacity: Capacity | None) -> Asked | None:
        """That which is to run now. Where nothing runs it may be any, whatever there is room for."""
        now = time.monotonic()
        since = {asked.number: self._since.setdefault(asked.number, now) for asked in waiting}
        ready = [asked for asked in waiting if self._in_line(asked)]
        first = next((asked for asked in ready if _fits(kind_of(asked.resources), capacity)), None)
        if first is not None and now - since[first.number] > PATIENCE:
            return first if self._has_room(first, capacity) else None  # what comes free is left for it
        running = {kind for kind, _, _ in self._taken.values()} | {self._last}
        ready.sort(key=lambda asked: kind_of(asked.resources) not in running)
        return next((asked for asked in ready if self._has_room(asked, capacity)), None)

    def _in_line(self, asked: Asked) -> bool:
        """Whether its grid may have one more."""
        return sum(line == asked.line for _, line, _ in self._taken.values()) < asked.width

    def _has_room(self, asked: Asked, capacity: Capacity | None) -> bool:
        """Beside what runs: of its own kind, which are packed alike, and of all kinds together.

        Of a kind that fits nowhere one is handed over, for which Ray waits until a machine comes; it takes no room.
        """
        kind, taken = kind_of(asked.resources), [kind for kind, _, _ in self._taken.values()]
        if not taken:
            return True
        if taken.count(kind) >= max(1, _fits(kind, capacity)):
            return False
        if capacity is None or not _fits(kind, capacity):
            return True
        wanted = [dict(each) for each in (*taken, kind) if _fits(each, capacity)]
        cpus, gpus = (sum(each.get(name, 0.0) for each in wanted) for name in ("CPU", "GPU"))
        return cpus <= capacity.cpus + 1e-9 and gpus <= capacity.gpus + 1e-9

    def take(self, asked: Asked) -> dict[str, float]:
        """The resources of an item with those of its place."""
        kind = kind_of(asked.resources)
        taken = {place for other, _, place in self._taken.values() if other == kind}
        place = next(place for place in range(len(taken) + 1) if place not in taken)
        self._taken[asked.number] = kind, asked.line, place
        self._since.pop(asked.number, None)
        self._last = kind
        return {**asked.resources, MEMORY: float(place + 1)}

    def leave(self, number: int) -> None:
        """The item has ended, however."""
        self._taken.pop(number, None)


def kind_of(resources: Mapping[str, float]) -> Kind:
    """What was asked for, whatever the place."""
    return frozenset((name, amount) for name, amount in resources.items() if name != MEMORY)


def _fits(kind: Kind, capacity: Capacity | None) -> int:
    """How many of a kind run at once; 0 where nobody knows."""
    wanted = dict(kind)
    return capacity.fits(wanted.get("CPU", 0.0), wanted.get("GPU", 0.0)) if capacity else 0
