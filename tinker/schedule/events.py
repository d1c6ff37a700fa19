"""What the process that runs Ray Tune tells the driver."""

from __future__ import annotations

from dataclasses import dataclass

from tinker.schedule.cluster import Capacity
from tinker.schedule.work import Outcome


@dataclass(frozen=True)
class Up:
    """Ray has started, and has this much room."""

    capacity: Capacity


@dataclass(frozen=True)
class Started:
    """A worker has taken the item up."""

    number: int


@dataclass(frozen=True)
class Ended:
    """The item was done, and this became of its trials."""

    number: int
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class Crashed:
    """The item's worker died, in Ray's words."""

    number: int
    cause: str


@dataclass(frozen=True)
class Lost:
    """Ray is gone, and every item that was in its hands."""

    cause: str


@dataclass(frozen=True)
class Over:
    """The session has ended."""


Event = Up | Started | Ended | Crashed | Lost | Over
