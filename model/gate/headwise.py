"""A gate for each head: how much of what it read passes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import GATE


@GATE.variant(paper="https://arxiv.org/abs/2505.06708")
class Headwise(nn.Module):
    """`y * sigmoid(x W)`, one number for each token and head."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def parameters(self, model: GPTConfig, heads: int, width: int) -> int:
            return model.n_embd * heads

    def __init__(self, config: Config, model: GPTConfig, heads: int, width: int) -> None:
        super().__init__()
        self.open = nn.Linear(model.n_embd, heads, bias=False)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        share: Tensor = self.open(x).sigmoid()  # (B, T, H)
        return y * share.transpose(1, 2).unsqueeze(-1)
