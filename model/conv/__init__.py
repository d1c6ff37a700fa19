"""Conv: a short convolution over time, on queries, keys and values each.

A variant is built as `Variant(config, width)`; it must be causal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Conv(Protocol):
    """What attention asks of a convolution."""

    def __call__(self, x: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, width)."""
