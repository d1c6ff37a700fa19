"""What a trial asks of Ray, and how many are handed over at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinker.schedule.cluster import Capacity, concurrency
from tinker.schedule.course import Limits


@dataclass(frozen=True)
class Request:
    """Of one trial of a grid: CPUs and GPUs; `at_once` is how many Ray gets, those that wait for a worker included."""

    cpus: float
    gpus: float
    at_once: int

    def resources(self, alone: bool, capacity: Capacity) -> Mapping[str, float]:
        """For Ray; `alone` takes a whole machine, the largest that there is."""
        cpus, gpus = self.cpus, self.gpus
        if alone:
            largest = max(capacity.machines or (capacity,), key=lambda machine: (machine.gpus, machine.cpus))
            cpus, gpus = largest.cpus, largest.gpus if gpus else 0.0
        return {"CPU": cpus, "GPU": gpus} if gpus else {"CPU": cpus}


def request(limits: Limits, capacity: Capacity) -> Request:
    """For the trials of a grid on that cluster.

    As many again as fit at once are handed over ahead, since Ray keeps a warm worker only while something waits for it.
    Where fewer are wanted than fit, each asks for its share of the one machine; on several machines nothing is ahead.

    Raises:
        UserError: when not even one fits.
    """
    fits = capacity.fits(limits.cpus, limits.gpus)
    width = concurrency(capacity, limits.cpus, limits.gpus, limits.concurrent)
    if width == fits:
        return Request(limits.cpus, limits.gpus, 2 * width)
    if len(capacity.machines) <= 1:
        # Ray counts in ten-thousandths.
        share = int(10_000 * capacity.cpus / width) / 10_000
        return Request(max(limits.cpus, share), limits.gpus, 2 * width)
    return Request(limits.cpus, limits.gpus, width)
