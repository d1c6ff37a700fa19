"""A vector for each token, and by default the same table as the head."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from model.config import GPTConfig
from model.linear import TiedLinear
from model.registry import later
from model.slots import EMBEDDING


@EMBEDDING.variant(paper="https://arxiv.org/abs/1608.05859")
class Token(nn.Module):
    """One table (V, C); untied, the head has a matrix of its own."""

    @dataclass(frozen=True)
    class Config:
        """tied: whether the head is the table; scale: `sqrt_width` multiplies what is embedded by sqrt(C) (Gemma)."""

        tied: bool = True
        scale: Literal["none", "sqrt_width"] = later("none")

        def parameters(self, model: GPTConfig) -> int:
            return model.vocab_size * model.n_embd * (1 if self.tied else 2)

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__()
        self.scale = None if config.scale == "none" else math.sqrt(model.n_embd)
        self.table = nn.Embedding(model.vocab_size, model.n_embd)
        self.head = None if config.tied else nn.Linear(model.n_embd, model.vocab_size, bias=False)
        self.tied = TiedLinear()

    def embed(self, tokens: Tensor) -> Tensor:
        x: Tensor = self.table(tokens)
        return x if self.scale is None else x * self.scale

    def logits(self, x: Tensor) -> Tensor:
        y: Tensor = self.tied(x, self.table.weight) if self.head is None else self.head(x)
        return y
