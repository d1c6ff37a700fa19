"""A gate for each channel of each head: how much of what it read passes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import GATE


@GATE.variant(paper="https://arxiv.org/abs/2505.06708")
class Elementwise(nn.Module):
    """`y * sigmoid(x W)`, a number for each channel."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def parameters(self, model: GPTConfig, heads: int, width: int) -> int:
            return model.n_embd * heads * width

    def __init__(self, config: Config, model: GPTConfig, heads: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.open = nn.Linear(model.n_embd, heads * width, bias=False)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        share: Tensor = self.open(x).sigmoid()
        return y * share.view(*x.shape[:-1], -1, self.width).transpose(1, 2)  # (B, H, T, D)
