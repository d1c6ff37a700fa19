"""Attention: what tokens read from earlier tokens.

A variant is built as `Variant(config, model, layer)`; most are subclasses of `model.heads.MultiHead`, so that they
share their parameters' paths. It owns its mask, and must be causal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from model.state import ForwardState


class Attention(Protocol):
    """What `model.block` asks of an attention."""

    def __call__(self, x: Tensor, state: ForwardState) -> Tensor:
        """(B, T, C), normed -> (B, T, C), to be added to the stream."""
