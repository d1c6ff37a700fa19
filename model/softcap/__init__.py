"""Softcap: what keeps scores (of attention, or the logits of the next token) within bounds.

A variant is built as `Variant(config)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Softcap(Protocol):
    """What heads and `model.gpt` ask of a softcap."""

    cap: float | None  # the bound, for kernels with a tanh softcap of their own; None where there is none

    def __call__(self, x: Tensor) -> Tensor:
        """(...) -> the same shape."""
