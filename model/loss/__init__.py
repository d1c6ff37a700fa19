"""Loss: what training minimises. Evaluation is `GPT.token_nats`, whatever this is.

A variant is built as `Variant(config, model)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Protocol):
    """What `model.gpt` asks of a loss."""

    def __call__(self, x: Tensor, targets: Tensor, head: Callable[[Tensor], Tensor]) -> Tensor:
        """The normed stream x (B, T, C), targets (B, T) long, and the head (B, T, C) -> (B, T, V): a scalar in nats."""
