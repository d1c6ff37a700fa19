"""MLP: what each token computes alone.

A variant is built as `Variant(config, model, layer)`; its last projection is a `ResidualLinear`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from model.state import ForwardState


class Mlp(Protocol):
    """What `model.block` asks of an MLP."""

    def __call__(self, x: Tensor, state: ForwardState) -> Tensor:
        """(B, T, C), normed -> (B, T, C), to be added to the stream."""
