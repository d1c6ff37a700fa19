"""A sublayer as a residual wiring sees it: attention or MLP, with its norms and its dropout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from model.dropout import KeyedDropout
from model.norm_place import NormPlace


@dataclass(frozen=True)
class Sublayer:
    """One of the two of a block, for one forward pass."""

    compute: Callable[[Tensor], Tensor]
    place: NormPlace
    dropout: KeyedDropout

    def update(self, x: Tensor) -> Tensor:
        """The stream (B, T, C) -> (B, T, C), what is to be added to it."""
        y: Tensor = self.dropout(self.place.write(self.compute(self.place.read(x))))
        return y

    def settle(self, x: Tensor) -> Tensor:
        """The stream after the addition, (..., C) -> the same: where a post-norm stands."""
        return self.place.settle(x)
