"""Position: how a token knows where it stands. Exactly one choice, with a hook for each place where it can act.

A variant is built as `Variant(config, model)`, once for the whole model; a subclass of `model.position.none` overrides
the hook that it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Position(Protocol):
    """What `model.gpt` (embed) and the attention variants (rotate) ask of a position variant."""

    def embed(self, x: Tensor) -> Tensor:
        """(B, T, C) token embeddings -> (B, T, C): what enters the first block."""

    def rotate(self, q: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
        """Queries (B, H, T, D) and keys (B, KV, T, D) -> the same shapes: what is multiplied to scores."""
