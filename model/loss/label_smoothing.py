"""Label smoothing: the target is the next token with most of the probability, and every token with the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import LOSS


@LOSS.variant(paper="https://arxiv.org/abs/1512.00567")
class LabelSmoothing(nn.Module):
    """`(1 - smoothing) * nats of the target + smoothing * mean of the nats of all V tokens`, averaged over B x T."""

    @dataclass(frozen=True)
    class Config:
        """smoothing: the probability spread over all tokens, the target included; 0 is plain cross entropy."""

        smoothing: float = 0.1

        def check(self, model: GPTConfig, key: str) -> None:
            if not 0.0 <= self.smoothing < 1.0:
                raise ValueError(f"{key}.smoothing: {self.smoothing} is no such share; allowed: 0 or more, below 1")

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__()
        self.smoothing = config.smoothing

    def forward(self, x: Tensor, targets: Tensor, head: Callable[[Tensor], Tensor]) -> Tensor:
        return F.cross_entropy(head(x).flatten(0, 1), targets.flatten(), label_smoothing=self.smoothing)
