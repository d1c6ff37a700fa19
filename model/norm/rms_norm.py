"""RMSNorm: root mean square 1, then a learned gain; the mean stays."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import NORM


@NORM.variant(paper="https://arxiv.org/abs/1910.07467")
class RMSNorm(nn.Module):
    """`x / sqrt(mean(x ** 2) + eps) * weight`."""

    @dataclass(frozen=True)
    class Config:
        """eps: added to the mean square, > 0."""

        eps: float = 1e-5

        def check(self, model: GPTConfig, key: str) -> None:
            if not self.eps > 0:
                raise ValueError(f"{key}.eps: {self.eps} does not keep a mean square above 0; allowed: above 0")

        def parameters(self, width: int) -> int:
            return width

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()
        self.eps = config.eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        # Under autocast x may be bf16: the statistics are taken in the precision of the weights, on every device.
        return F.rms_norm(x.to(self.weight.dtype), self.weight.shape, self.weight, self.eps)
