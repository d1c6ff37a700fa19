"""Why a trial did not end, and whether it is worth another try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: `error`: its code raised, and would again. `time-out`: it stood still. `node lost`: what it ran on went away.
Kind = Literal["crash", "out of memory", "node lost", "time-out", "disk full", "error"]

#: Seconds before the second try, doubled for each further one up to the longest.
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
#: Tries that a trial gets beyond its own for machines that were lost under it.
LOST_MACHINES = 20

_MEMORY = (
    "OutOfMemory",
    "out of memory",
    "MemoryError",
    "can't allocate memory",
    "running low on memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
)
_DISK = ("No space left on device", "Disk quota exceeded")
_NODE = ("node was terminated", "node has been marked dead", "node died", "its node", "NODE_DIED", "raylet")


@dataclass(frozen=True)
class Cause:
    """A kind, and a line of what was said."""

    kind: Kind
    said: str

    def __str__(self) -> str:
        return self.said if self.kind == "error" else f"{self.kind}: {self.said}"

    @property
    def again(self) -> bool:
        """Whether the same trial may end otherwise next time."""
        return self.kind not in ("error", "disk full")

    @property
    def alone(self) -> bool:
        """Whether the next try gets the machine for itself."""
        return self.kind == "out of memory"


def of_error(traceback: str) -> Cause:
    """What a worker's exception says."""
    said = traceback.strip().splitlines()[-1]
    if any(word in traceback for word in _DISK):
        return Cause("disk full", said)
    return Cause("out of memory" if any(word in traceback for word in _MEMORY) else "error", said)


def of_crash(words: str) -> Cause:
    """What Ray says of a worker that died."""
    lines = words.strip().splitlines() or ["the worker died"]
    if any(word in words for word in _MEMORY):
        return Cause("out of memory", lines[0])
    return Cause("node lost" if any(word in words for word in _NODE) else "crash", lines[0])


@dataclass(frozen=True)
class Tries:
    """How often a trial has been tried in vain: by its own doing, and because a machine was lost."""

    own: int = 0
    lost: int = 0

    def after(self, cause: Cause) -> Tries:
        """With one more."""
        return Tries(self.own, self.lost + 1) if cause.kind == "node lost" else Tries(self.own + 1, self.lost)

    def allows(self, cause: Cause, retries: int) -> bool:
        """Whether there is another try after these, the last of which ended so."""
        return cause.again and self.own <= retries and self.lost <= LOST_MACHINES

    @property
    def wait(self) -> float:
        """Seconds until it."""
        return float(min(LONGEST_WAIT, FIRST_WAIT * 2 ** max(0, self.own + self.lost - 1)))
