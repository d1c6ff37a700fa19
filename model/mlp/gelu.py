"""Up, GELU, down."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.linear import ResidualLinear
from model.slots import MLP
from model.state import ForwardState


@MLP.variant(paper="https://arxiv.org/abs/1606.08415")
class Gelu(nn.Module):
    """The exact GELU (`x * Phi(x)`), not its tanh approximation."""

    @dataclass(frozen=True)
    class Config:
        """ratio: hidden width over n_embd (rounded to a whole width); bias: of both projections."""

        ratio: float = 4.0
        bias: bool = False

        def check(self, model: GPTConfig, key: str) -> None:
            if round(self.ratio * model.n_embd) < 1:
                raise ValueError(f"{key}.ratio: {self.ratio} leaves no hidden unit; allowed: 1 / model.n_embd or more")

        def parameters(self, model: GPTConfig, layer: int) -> int:
            hidden = round(self.ratio * model.n_embd)
            return 2 * hidden * model.n_embd + (hidden + model.n_embd if self.bias else 0)

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()
        hidden = round(config.ratio * model.n_embd)
        self.up = nn.Linear(model.n_embd, hidden, bias=config.bias)
        self.down = ResidualLinear(hidden, model.n_embd, bias=config.bias)

    def forward(self, x: Tensor, state: ForwardState) -> Tensor:
        y: Tensor = self.down(F.gelu(self.up(x)))
        return y
