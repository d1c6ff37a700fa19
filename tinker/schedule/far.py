"""The driver's results as a worker reaches them that does not see them."""

from __future__ import annotations

from typing import Protocol

from tinker.schedule.depot import Stamp


class Unreached(Exception):  # noqa: N818 - it is what has happened
    """The other machine does not answer: the trial is none the worse for it, and may be tried again.

    In the words of one that was lost (`tinker.schedule.retry`), which from there it is.
    """

    def __init__(self, said: object) -> None:
        super().__init__(f"the worker and its node cannot reach the driver's results: {said}")


class Far(Protocol):
    """As `Depot`, on the other machine. Every call may raise `Unreached`."""

    def open(self, trial: str) -> int: ...
    def listing(self, trials: list[str]) -> dict[str, dict[str, Stamp]]: ...
    def read(self, trial: str, name: str, stamp: Stamp, offset: int) -> bytes | None: ...
    def write(self, trial: str, turn: int, name: str, offset: int, data: bytes, changed: int | None) -> None: ...
    def remove(self, trial: str, turn: int, name: str) -> None: ...
    def stopped(self, name: str) -> bool: ...
