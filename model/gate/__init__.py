"""Gate: what lets through how much of what the heads have read.

A variant is built as `Variant(config, model, heads, width)`, once for each attention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Gate(Protocol):
    """What attention asks of a gate."""

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        """The layer's input x (B, T, C) and what the heads read, y (B, H, T, D) -> (B, H, T, D)."""
