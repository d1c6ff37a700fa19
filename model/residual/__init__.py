"""Residual: how a block's attention and MLP are wired to the stream, norms and dropout of the writes included.

A variant is built as `Variant(config, model, layer)` and owns the block's norms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Residual(Protocol):
    """What `model.block` asks of a residual wiring."""

    def __call__(self, x: Tensor, attention: Callable[[Tensor], Tensor], mlp: Callable[[Tensor], Tensor]) -> Tensor:
        """The stream (B, T, C) before the block -> after it; both callables keep that shape."""
