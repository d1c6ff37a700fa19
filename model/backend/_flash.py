"""What the generations of FlashAttention have in common: tensors (B, T, heads, D) on NVIDIA GPUs, in 16 bits."""

from __future__ import annotations

import importlib.util
from typing import Any

from torch import Tensor, nn

from model.backend._tensors import equal_dtypes, padded

#: The widest heads that the kernels take.
WIDEST = 256


def refuses(backend: str, device: str, precision: str) -> str | None:
    """Why the kernels do not run there; None: they do."""
    if device != "cuda":
        return f"{backend} runs on NVIDIA GPUs alone, and train.accelerator is {device}; use sdpa or eager"
    if precision not in ("bf16", "fp16"):
        return f"{backend} computes in 16 bits alone, and train.precision is {precision}; use bf16 or fp16, or sdpa"
    return None


def missing(backend: str, module: str, pip: str) -> str | None:
    """What to install where `module` is not found."""
    try:
        found = importlib.util.find_spec(module) is not None
    except ImportError:  # the parent of a dotted name is not there, or does not load
        found = False
    return None if found else f"{backend} needs a package that is not installed here: {pip}"


class Flash(nn.Module):
    """A subclass calls its kernel in between."""

    def rows(self, q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, heads, T, width) -> (B, T, heads, width): equal widths, a multiple of 8, in one dtype of 16 bits."""
        width = -(-max(q.shape[-1], v.shape[-1]) // 8) * 8
        q, k, v = (padded(x.transpose(1, 2), width) for x in equal_dtypes(q, k, v))
        return q, k, v

    def heads(self, result: Any, width: int) -> Tensor:
        """What a kernel returns, (B, T, H, padded width), in some releases with the log-sums -> (B, H, T, width)."""
        y: Tensor = result[0] if isinstance(result, tuple) else result
        return y[..., :width].transpose(1, 2)
