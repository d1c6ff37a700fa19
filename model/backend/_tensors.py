"""Queries, keys and values as fused kernels want them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def equal_dtypes(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """In autocast's precision where it is on, as torch's own matrix products take them; else as they are.

    Norms and rotations hand on fp32, and a kernel takes one dtype.
    """
    device = q.device.type
    if not torch.is_autocast_enabled(device):
        return q, k, v
    dtype = torch.get_autocast_dtype(device)
    return q.to(dtype), k.to(dtype), v.to(dtype)


def padded(x: Tensor, width: int) -> Tensor:
    """(..., D) -> (..., width), zeros behind, which change no product; x itself where D is the width."""
    return x if x.shape[-1] == width else F.pad(x, (0, width - x.shape[-1]))
