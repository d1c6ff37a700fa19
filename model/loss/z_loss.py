"""Z-loss: cross entropy, and a pull of the softmax's normaliser towards 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import LOSS


@LOSS.variant(paper="https://arxiv.org/abs/2204.02311")
class ZLoss(nn.Module):
    """`nats + coefficient * log(Z) ** 2`, averaged over B x T, with Z the sum of the exponentials of the logits."""

    @dataclass(frozen=True)
    class Config:
        """coefficient: of the square; 0 is plain cross entropy; the paper takes 1e-4."""

        coefficient: float = 1e-4

        def check(self, model: GPTConfig, key: str) -> None:
            if not self.coefficient >= 0:
                raise ValueError(f"{key}.coefficient: {self.coefficient} would push Z away; allowed: 0 or more")

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__()
        self.coefficient = config.coefficient

    def forward(self, x: Tensor, targets: Tensor, head: Callable[[Tensor], Tensor]) -> Tensor:
        logits = head(x).flatten(0, 1)  # (B * T, V)
        nats = F.cross_entropy(logits, targets.flatten())
        precise = logits.to(torch.promote_types(logits.dtype, torch.float32))  # autocast leaves bf16 on some devices
        return nats + self.coefficient * precise.logsumexp(-1).square().mean()
