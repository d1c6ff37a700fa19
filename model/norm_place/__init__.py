"""Norm place: where the norms of a block stand, of which `model.norm` is the kind.

A variant is built as `Variant(config, model)`, once for each sublayer; a subclass of `model.norm_place.pre` or of
`model.placement.Placement` that overrides the places it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class NormPlace(Protocol):
    """What `model.gpt` (the first two flags) and `model.sublayer` ask of a placement."""

    norms_embedding: ClassVar[bool]  # a norm between the embedding and the first block
    norms_output: ClassVar[bool]  # a norm between the last block and the head
    norms_stream: ClassVar[bool]  # `settle` does something: some residual wirings have no place for that
    norms_update: ClassVar[bool]  # `write` does something: what is added has a size of its own, whatever is computed

    def read(self, x: Tensor) -> Tensor:
        """The stream (B, T, C) -> what the sublayer gets."""

    def write(self, y: Tensor) -> Tensor:
        """What the sublayer gives (B, T, C) -> what is added to the stream."""

    def settle(self, x: Tensor) -> Tensor:
        """The stream (..., C) after the addition -> the stream."""
