"""Rope scaling: how rotary angles are changed so that a model reads further than it was trained to.

A variant is built as `Variant(config)`. It is an option of `model.position.rotary` and not a key under `model:`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class RopeScaling(Protocol):
    """What rotary positions ask of a scaling."""

    temperature: float  # by which rotated queries and keys are multiplied, so scores by its square

    def scale(self, frequency: Tensor, theta: float) -> Tensor:
        """(pairs,) radians a place, falling from 1 as powers of 1/theta, in double -> those that are used."""
