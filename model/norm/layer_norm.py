"""LayerNorm: mean 0, variance 1, then a learned gain and, if asked for, a shift."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import NORM


@NORM.variant(paper="https://arxiv.org/abs/1607.06450")
class LayerNorm(nn.Module):
    """`(x - mean) / sqrt(variance + eps) * weight + bias`."""

    @dataclass(frozen=True)
    class Config:
        """bias: whether there is a shift; eps: added to the variance, > 0."""

        bias: bool = False
        eps: float = 1e-5

        def check(self, model: GPTConfig, key: str) -> None:
            if not self.eps > 0:
                raise ValueError(f"{key}.eps: {self.eps} does not keep a variance above 0; allowed: above 0")

        def parameters(self, width: int) -> int:
            return 2 * width if self.bias else width

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()
        self.eps = config.eps
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if config.bias else None

    def forward(self, x: Tensor) -> Tensor:
        # Under autocast x may be bf16: the statistics are taken in the precision of the weights, on every device.
        return F.layer_norm(x.to(self.weight.dtype), self.weight.shape, self.weight, self.bias, self.eps)
