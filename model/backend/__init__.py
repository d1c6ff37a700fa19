"""Backend: what computes softmax attention; attention without a softmax uses none.

Backends agree up to rounding. A variant is built as `Variant(config, model, layer)`. What a backend cannot do is
an error when the config is checked, and never a fallback to another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from model.scores import Scores


class Backend(Protocol):
    """What softmax attention asks of a backend."""

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, scores: Scores) -> Tensor:
        """`weights v` for each head, with the weights that `scores` describes.

        Args:
            q: (B, H, T, D).
            k: (B, KV, T, D); query head h reads head `h // (H / KV)` of keys and values.
            v: (B, KV, T, E).
            scores: from products to weights.

        Returns:
            (B, H, T, E).
        """
