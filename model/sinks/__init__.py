"""Sinks: keys that hold nothing, so that a head may read nothing.

A variant is built as `Variant(config, heads)`, once for each softmax attention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Sinks(Protocol):
    """What `model.scores` asks of sinks."""

    def scores(self) -> Tensor | None:
        """(H,) the score of each head's sink, whose value is 0; None: there is none."""
