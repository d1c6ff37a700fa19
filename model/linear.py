"""Projections that others must be able to tell apart: init rules, and what multiplies by another library."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ResidualLinear(nn.Linear):
    """A projection whose output is added to the residual stream; init rules scale it down with depth."""


class ZeroLinear(nn.Linear):
    """A projection that starts at 0 under every init rule: what it adds is learned from nothing."""


class TiedLinear(nn.Module):
    """A projection by the weight of another module, of which it has none of its own."""

    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        """(..., in) and (out, in) -> (..., out)."""
        return F.linear(x, weight)
