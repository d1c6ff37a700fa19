"""What the layers of one forward pass share."""

from __future__ import annotations

import torch
from torch import Tensor

from model.position import Position


class ForwardState:
    """Made anew by each forward pass and handed to every attention and MLP, which may read it and add to it.

    Args:
        position: the model's position variant.
        like: (B, T, ...) of the pass; its length, dtype and device.

    Attributes:
        length: T.
        bias: (H, T, T) added to the scores of softmax attention, or None: the position's, computed once.
        first_values: (B, KV, T, D) of the first attention layer, where a value residual keeps them.
        penalties: scalars in nats, added to the training loss (and to no evaluation).
    """

    def __init__(self, position: Position, like: Tensor) -> None:
        self.position, self.length = position, like.shape[1]
        self.bias = position.bias(self.length)
        self.first_values: Tensor | None = None
        self.penalties: list[Tensor] = []
        self._like = like
        self._hidden: dict[int | None, Tensor] = {}

    def hidden(self, window: int | None = None) -> Tensor:
        """(T, T), added to scores: 0 where the token of that row may see the token of that column, else -inf."""
        if window not in self._hidden:
            unseen = ~visible(self.length, window, self._like.device)
            zeros = torch.zeros(unseen.shape, dtype=self._like.dtype, device=self._like.device)
            self._hidden[window] = zeros.masked_fill(unseen, -torch.inf)
        return self._hidden[window]


def visible(length: int, window: int | None, device: torch.device) -> Tensor:
    """(T, T) bool: whether a token sees another: itself and the past, of which the last `window` (itself included)."""
    seen = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    return seen if window is None else seen.triu(1 - window)
