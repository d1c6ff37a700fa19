"""Norm: normalisation over the last dimension; used in blocks, at the end, and on heads' queries and keys (`qk_norm`).

A variant is built as `Variant(config, width)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Norm(Protocol):
    """What blocks and heads ask of a norm."""

    def __call__(self, x: Tensor) -> Tensor:
        """(..., width) -> (..., width)."""
