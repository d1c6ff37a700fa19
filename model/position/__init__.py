"""Position: how a token knows where it stands. Exactly one choice, with a hook for each place where it can act.

A variant is built as `Variant(config, model)`, once for the whole model; a subclass of `model.position.none` overrides
the hook that it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Position(Protocol):
    """What `model.gpt` (embed) and attention (rotate, and bias where it has a softmax) ask of a position variant."""

    def embed(self, x: Tensor) -> Tensor:
        """(B, T, C) token embeddings -> (B, T, C): what enters the first block."""

    def rotate(self, x: Tensor) -> Tensor:
        """Queries or keys (B, heads, T, D) -> the same shape: what is multiplied to scores."""

    def bias(self, length: int) -> Tensor | None:
        """(H, T, T) added to the scores, or None."""

    def slopes(self) -> Tensor | None:
        """(H,) where the bias is `-slope * (t - s)`, for kernels that take no other; None where it is not."""
