"""Which items Ray Tune gets now, and on which worker: each has a place, so that what was warmed is used again.

Ray Tune gives an idle worker to whichever trial waits for one of the same resources, one whose own worker is starting
included, which is then ended before it was there. Where trials are shorter than the start of a worker (seconds), one
worker would do them all. So no more items go to Tune than may run at once, and each asks for its place besides its
resources: the lowest that is free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinker.schedule.cluster import Capacity

#: A resource that every node has: place n asks for n + 1 bytes of it, which is nothing.
MEMORY = "memory"

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

    @property
    def busy(self) -> bool:
        """Whether anything runs."""
        return bool(self._taken)

    def next(self, waiting: Sequence[Asked], capacity: Capacity | None) -> Asked | None:
        """The first that may run now. Where nothing runs that is the first of all, whatever there is room for."""
        for asked in waiting:
            kind, taken = kind_of(asked.resources), self._taken.values()
            fits = capacity.fits(asked.resources.get("CPU", 0.0), asked.resources.get("GPU", 0.0)) if capacity else 1
            full = sum(other == kind for other, _, _ in taken) >= max(1, fits)
            if not full and sum(line == asked.line for _, line, _ in taken) < asked.width:
                return asked
        return None

    def take(self, asked: Asked) -> dict[str, float]:
        """The resources of an item with those of its place."""
        kind = kind_of(asked.resources)
        taken = {place for other, _, place in self._taken.values() if other == kind}
        place = next(place for place in range(len(taken) + 1) if place not in taken)
        self._taken[asked.number] = kind, asked.line, place
        return {**asked.resources, MEMORY: float(place + 1)}

    def leave(self, number: int) -> None:
        """The item has ended, however."""
        self._taken.pop(number, None)


def kind_of(resources: Mapping[str, float]) -> Kind:
    """What was asked for, whatever the place."""
    return frozenset((name, amount) for name, amount in resources.items() if name != MEMORY)
