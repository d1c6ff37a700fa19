"""Embedding and head: from tokens to the residual stream, and from the stream to logits.

A variant is built as `Variant(config, model)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Embedding(Protocol):
    """What `model.gpt` asks of an embedding."""

    def embed(self, tokens: Tensor) -> Tensor:
        """(B, T) long -> (B, T, C)."""

    def logits(self, x: Tensor) -> Tensor:
        """(B, T, C), normed -> (B, T, V)."""
