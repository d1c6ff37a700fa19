"""What a trial asks of Ray, and how many are handed over at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinker.schedule.cluster import Capacity, concurrency
from tinker.schedule.course import Limits


@dataclass(frozen=True)
class Request:
    """Of one trial of a grid: CPUs and GPUs; `width` is how many of them run at once."""

    cpus: float
    gpus: float
    width: int

    @property
    def at_once(self) -> int:
        """How many are handed over: as many again as run, so that no worker waits for the driver."""
        return 2 * self.width

    def resources(self, alone: bool, capacity: Capacity) -> Mapping[str, float]:
        """For Ray; `alone` takes a whole machine, the largest that there is."""
        cpus, gpus = self.cpus, self.gpus
        if alone:
            largest = max(capacity.machines or (capacity,), key=lambda machine: (machine.gpus, machine.cpus))
            cpus, gpus = largest.cpus, largest.gpus if gpus else 0.0
        return {"CPU": cpus, "GPU": gpus} if gpus else {"CPU": cpus}


def request(limits: Limits, capacity: Capacity) -> Request:
    """For the trials of a grid on that cluster.

    Where fewer are wanted than fit on one machine, each asks for its share of it.

    Raises:
        UserError: when not even one fits.
    """
    fits = capacity.fits(limits.cpus, limits.gpus)
    width = concurrency(capacity, limits.cpus, limits.gpus, limits.concurrent)
    if width == fits or len(capacity.machines) > 1:
        return Request(limits.cpus, limits.gpus, width)
    share = int(10_000 * capacity.cpus / width) / 10_000  # Ray counts in ten-thousandths
    return Request(max(limits.cpus, share), limits.gpus, width)
