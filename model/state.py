"""What the layers of one forward pass share."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

import torch
from torch import Tensor

from model.position import Position

Made = TypeVar("Made", bound="Tensor | None")


class ForwardState:
    """Made anew by each forward pass and handed to every attention and MLP, which may read it and add to it.

    Args:
        position: the model's position variant.
        like: (B, T, ...) of the pass; its length, dtype and device.

    Attributes:
        length: T.
        first_values: (B, KV, T, D) of the first attention layer, where a value residual keeps them.
        penalties: scalars in nats, added to the training loss (and to no evaluation).
    """

    def __init__(self, position: Position, like: Tensor) -> None:
        self.position, self.length = position, like.shape[1]
        self.first_values: Tensor | None = None
        self.penalties: list[Tensor] = []
        self._like = like
        self._made: dict[Hashable, Tensor | None] = {}

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What the first layer that asks for `key` makes; later ones get the same. What none asks for is never made."""
        if key not in self._made:
            self._made[key] = make()
        return cast(Made, self._made[key])

    @property
    def bias(self) -> Tensor | None:
        """(H, T, T) added to the scores of softmax attention, or None: the position's."""
        return self.once("bias", lambda: self.position.bias(self.length))

    def hidden(self, window: int | None = None) -> Tensor:
        """(T, T), added to scores: 0 where the token of that row may see the token of that column, else -inf."""

        def make() -> Tensor:
            unseen = ~visible(self.length, window, self._like.device)
            zeros = torch.zeros(unseen.shape, dtype=self._like.dtype, device=self._like.device)
            return zeros.masked_fill(unseen, -torch.inf)

        return self.once(("hidden", window), make)


def visible(length: int, window: int | None, device: torch.device) -> Tensor:
    """(T, T) bool: whether a token sees another: itself and the past, of which the last `window` (itself included)."""
    seen = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    return seen if window is None else seen.triu(1 - window)
