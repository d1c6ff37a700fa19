"""Which trials stand still: their workers give a sign of life with each batch, of training and of evaluation.

Clocks of other machines, and jumps of this one's, mean nothing here: a trial is silent for as long as this process has
looked on without a change of its file. A driver that was stopped itself has not looked on.
"""

from __future__ import annotations

import time
from collections.abc import Container, Sequence
from dataclasses import dataclass

from tinker.store.layout import TrialFolder
from tinker.store.progress import stamp_of

#: Seconds between two looks.
EVERY = 2.0
#: Seconds that it gets until its first sign of life.
STARTING = 300.0
#: Seconds that a worker gets to be dead, once it was killed.
DYING = 60.0


@dataclass
class _Watched:
    folders: Sequence[TrialFolder]
    patience: float
    stamp: object
    silent: float


class Stalls:
    """The trials that workers have, by number."""

    def __init__(self) -> None:
        self._watched: dict[int, _Watched] = {}
        self._looked = time.monotonic()

    def watch(self, number: int, folders: Sequence[TrialFolder], patience: float) -> None:
        """From the moment that a worker has it, and up to `patience` seconds without a sign of life of its trials.

        Until the first one it has `STARTING` at least: it imports, loads its data and may compile its model.
        """
        self._watched[number] = _Watched(folders, patience, _stamps(folders), -max(0.0, STARTING - patience))

    def overdue(self, running: Container[int]) -> list[int]:
        """Those of `running` that have been silent for too long; one that still is there later is named again.

        The others are forgotten.
        """
        now = time.monotonic()
        passed = now - self._looked
        if passed < EVERY:
            return []
        self._looked = now
        self._watched = {number: watched for number, watched in self._watched.items() if number in running}
        for watched in self._watched.values():
            stamp = _stamps(watched.folders)
            if stamp == watched.stamp:
                watched.silent += min(passed, 2 * EVERY)
            else:
                watched.stamp, watched.silent = stamp, 0.0
        late = [number for number, watched in self._watched.items() if watched.silent >= watched.patience]
        for number in late:
            self._watched[number].silent, self._watched[number].patience = 0.0, DYING
        return late


def _stamps(folders: Sequence[TrialFolder]) -> object:
    return [stamp_of(folder) for folder in folders]
