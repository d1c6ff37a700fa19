"""Backend: what computes softmax attention; attention without a softmax uses none.

Backends agree up to rounding. A variant is built as `Variant(config, model, layer)`. What a backend cannot do is
an error before anything runs, and never a fallback to another one: of a model, when the config is checked (`check`);
of a device and a precision, when the trial is (`Demanding`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor

    from model.scores import Scores


class Backend(Protocol):
    """What softmax attention asks of a backend."""

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, scores: Scores) -> Tensor:
        """`weights v` for each head, with the weights that `scores` describes.

        Args:
            q: (B, H, T, D).
            k: (B, KV, T, D); query head h reads head `h // (H / KV)` of keys and values.
            v: (B, KV, T, E).
            scores: from products to weights.

        Returns:
            (B, H, T, E).
        """


@runtime_checkable
class Demanding(Protocol):
    """The Config of a backend that does not run everywhere."""

    def refuses(self, device: str, precision: str, training: bool) -> str | None:
        """Why it does not run on that device (cpu, cuda, mps) in that precision (fp32, tf32, bf16, fp16), or None."""

    def missing(self) -> str | None:
        """What is not installed here and how to get it, or None. Imports no kernel."""
