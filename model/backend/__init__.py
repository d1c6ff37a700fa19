"""Backend: what computes softmax attention; attention without a softmax uses none.

Backends agree up to rounding. A variant is built as `Variant(config, model, layer)`. What a backend cannot do is
an error when the config is checked, and never a fallback to another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Backend(Protocol):
    """What softmax attention asks of a backend."""

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, *, causal: bool) -> Tensor:
        """`softmax(q k^T / sqrt(D) + bias) v` for each head.

        Args:
            q: (B, H, T, D).
            k: (B, KV, T, D); query head h reads head `h // (H / KV)` of keys and values.
            v: (B, KV, T, D).
            bias: (T, T), added to the scores; -inf where a key may not be seen.
            causal: the bias is the plain causal mask and nothing else, so that a kernel may use its own.

        Returns:
            (B, H, T, D).
        """
