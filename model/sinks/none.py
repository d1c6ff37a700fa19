"""No sink: a head's weights sum to 1."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from model.slots import SINKS


@SINKS.variant()
class NoSinks(nn.Module):
    """Nothing beside the tokens' keys."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config, heads: int) -> None:
        super().__init__()

    def scores(self) -> None:
        return None
