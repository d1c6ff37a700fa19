"""Value residual: what the values of later layers keep of the first layer's.

A variant is built as `Variant(config, model, layer)`, once for each attention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from model.state import ForwardState


class ValueResidual(Protocol):
    """What attention asks of a value residual."""

    def __call__(self, v: Tensor, state: ForwardState) -> Tensor:
        """A layer's own values (B, KV, T, D) -> those that are read; the first layer leaves its own in the state."""
