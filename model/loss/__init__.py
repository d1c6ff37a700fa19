"""Loss: what training minimises. Evaluation is `GPT.token_nats`, whatever this is.

A variant is built as `Variant(config, model)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Protocol):
    """What training asks of a loss."""

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Logits (B, T, V) and targets (B, T) long -> a scalar in nats."""
