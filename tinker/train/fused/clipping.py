"""Gradient clipping of each replicate by its own norm."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def clip_each(gradients: Iterable[Tensor], limit: float) -> Tensor:
    """Scales row r of the gradients, each (R, ...), so that their common norm is `limit` at most; in place.

    As `torch.nn.utils.clip_grad_norm_` does for one model, without waiting for the device.

    Returns:
        (R,) the norms before.
    """
    listed = list(gradients)
    rows = [each.reshape(len(each), -1) for each in listed]
    norms = torch.stack([torch.linalg.vector_norm(each, dim=1) for each in rows])  # (parameters, R)
    totals: Tensor = torch.linalg.vector_norm(norms, dim=0)
    factors = (limit / (totals + 1e-6)).clamp(max=1.0)
    torch._foreach_mul_(listed, [factors.view(-1, *[1] * (each.dim() - 1)) for each in listed])
    return totals
