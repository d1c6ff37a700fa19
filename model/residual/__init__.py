"""Residual: the shape of the stream, and how a block's attention and MLP are wired to it.

A variant is built as `Variant(config, model, layer)`; most are subclasses of `model.residual.standard`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from model.sublayer import Sublayer


class Residual(Protocol):
    """What `model.gpt` (enter, leave) and `model.block` ask of a residual wiring."""

    def enter(self, x: Tensor) -> Tensor:
        """(B, T, C) -> the stream, in whatever shape; asked of the first layer."""

    def leave(self, x: Tensor) -> Tensor:
        """The stream -> (B, T, C); asked of the last layer."""

    def __call__(self, x: Tensor, attention: Sublayer, mlp: Sublayer) -> Tensor:
        """The stream before the block -> after it."""
