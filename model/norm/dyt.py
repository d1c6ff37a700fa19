"""Dynamic Tanh: no statistics at all, an elementwise squashing with a learned slope."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import NORM


@NORM.variant(paper="https://arxiv.org/abs/2503.10622")
class DynamicTanh(nn.Module):
    """`tanh(alpha * x) * weight + bias`, with one alpha for all channels."""

    @dataclass(frozen=True)
    class Config:
        """alpha: where the slope starts, > 0."""

        alpha: float = 0.5

        def check(self, model: GPTConfig, key: str) -> None:
            if not self.alpha > 0:
                raise ValueError(f"{key}.alpha: {self.alpha} is no slope to start from; allowed: above 0")

        def parameters(self, width: int) -> int:
            return 2 * width + 1

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.full((1,), config.alpha))
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        # Under autocast x may be bf16: computed in the precision of the weights, as the other norms are.
        return torch.tanh(self.alpha * x.to(self.weight.dtype)) * self.weight + self.bias
