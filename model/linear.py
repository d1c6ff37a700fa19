"""Projections that an init rule must be able to tell apart."""

from __future__ import annotations

from torch import nn


class ResidualLinear(nn.Linear):
    """A projection whose output is added to the residual stream; init rules scale it down with depth."""


class ZeroLinear(nn.Linear):
    """A projection that starts at 0 under every init rule: what it adds is learned from nothing."""
