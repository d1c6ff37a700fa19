"""What pods cost: by the second, from the order to the deletion, whatever they do meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinker.cloud.fake.clock import Clock

HOUR = 3600


@dataclass
class _Bill:
    usd_per_hour: float
    start: float
    end: float | None = None


class Meter:
    """A bill for each pod."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._bills: dict[str, _Bill] = {}

    def begin(self, pod_id: str, usd_per_hour: float) -> None:
        self._bills[pod_id] = _Bill(usd_per_hour, self._clock.now())

    def end(self, pod_id: str, at: float | None = None) -> None:
        """Of its bill: now, or at that time."""
        bill = self._bills[pod_id]
        if bill.end is None:
            bill.end = self._clock.now() if at is None else at

    def seconds(self, pod_id: str) -> int:
        """Billed so far; a second that has begun counts."""
        bill = self._bills[pod_id]
        return math.ceil((self._clock.now() if bill.end is None else bill.end) - bill.start)

    def usd(self, pod_id: str) -> float:
        """USD that one pod has cost so far."""
        return self.seconds(pod_id) * self._bills[pod_id].usd_per_hour / HOUR

    def total(self) -> float:
        """USD that all pods have cost so far."""
        return sum(map(self.usd, self._bills))

    @property
    def pods(self) -> tuple[str, ...]:
        """Ids of those that have a bill."""
        return tuple(self._bills)
