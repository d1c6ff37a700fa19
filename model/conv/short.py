"""A short convolution: each channel sees its last few values."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import CONV


@CONV.variant(paper="https://arxiv.org/abs/2109.08668")
class Short(nn.Module):
    """A causal kernel over time for each channel. It starts as the identity, hence at the model without it."""

    @dataclass(frozen=True)
    class Config:
        """size: tokens seen, the current one included; the paper has 3."""

        size: int = 3

        def check(self, model: GPTConfig, key: str) -> None:
            if self.size < 2:
                raise ValueError(f"{key}.size: {self.size} sees no earlier token; allowed: 2 or more")

        def parameters(self, width: int) -> int:
            return width * self.size

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()
        self.width, self.size = width, config.size
        kernel = torch.zeros(width, config.size)
        kernel[:, -1] = 1
        # (width, size), the current token last; as a vector, since optimizers let matrices decay: a 1 is not to.
        self.kernel = nn.Parameter(kernel.flatten())

    def forward(self, x: Tensor) -> Tensor:
        past = F.pad(x, (0, 0, self.size - 1, 0)).mT  # (B, width, size - 1 + T)
        return F.conv1d(past, self.kernel.view(-1, 1, self.size), groups=self.width).mT
