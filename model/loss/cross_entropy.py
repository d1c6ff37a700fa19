"""Mean cross entropy of the next token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import LOSS


@LOSS.variant()
class CrossEntropy(nn.Module):
    """Nats, averaged over all B x T tokens."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__()

    def forward(self, x: Tensor, targets: Tensor, head: Callable[[Tensor], Tensor]) -> Tensor:
        return F.cross_entropy(head(x).flatten(0, 1), targets.flatten())
