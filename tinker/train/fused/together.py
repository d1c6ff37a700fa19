"""What replicates decide together, so that their checkpoints are of one step and they can be taken up together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from tinker.train.checkpoint import Checkpointer
from tinker.train.trial import Hooks


class Together:
    """When to stop, and when the clock says to save.

    Attributes:
        hooks: those that were given, but all are asked to stop where one is.
    """

    def __init__(self, hooks: Sequence[Hooks]) -> None:
        self._asked = [each.should_stop for each in hooks]
        self._stop = False
        self.hooks = [replace(each, should_stop=lambda: self._stop) for each in hooks]

    def look(self, checkpointers: Sequence[Checkpointer]) -> None:
        """Once a step, before its end is told."""
        self._stop = any(ask() for ask in self._asked)
        if any(each.due() for each in checkpointers):
            for each in checkpointers:
                each.saved_at = -inf
