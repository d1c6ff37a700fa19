"""Factorised embedding: a narrow table, and a projection between its width and the stream's.

Shapes: B batch, T tokens, C = n_embd, V = vocab_size, R = rank.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.linear import TiedLinear
from model.slots import EMBEDDING


@EMBEDDING.variant(paper="https://arxiv.org/abs/1909.11942")
class Factorised(nn.Module):
    """A table (V, R) and a projection (R to C); tied, the head goes back through both."""

    @dataclass(frozen=True)
    class Config:
        """rank: R, up to n_embd; null is a quarter of n_embd; tied: whether the head is both.

        Untied, the head has a projection and a table of its own.
        """

        rank: int | None = None
        tied: bool = True

        def check(self, model: GPTConfig, key: str) -> None:
            if self.rank is not None and not 1 <= self.rank <= model.n_embd:
                raise ValueError(f"{key}.rank: {self.rank} is not within model.n_embd; allowed: 1 to {model.n_embd}")

        def parameters(self, model: GPTConfig) -> int:
            return self.width(model) * (model.vocab_size + model.n_embd) * (1 if self.tied else 2)

        def width(self, model: GPTConfig) -> int:
            """R."""
            return self.rank or max(1, round(model.n_embd / 4))

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__()
        rank = config.width(model)
        self.table = nn.Embedding(model.vocab_size, rank)
        self.project = nn.Linear(rank, model.n_embd, bias=False)
        self.head_project = None if config.tied else nn.Linear(model.n_embd, rank, bias=False)
        self.head = None if config.tied else nn.Linear(rank, model.vocab_size, bias=False)
        self.tied = TiedLinear()

    def embed(self, tokens: Tensor) -> Tensor:
        x: Tensor = self.project(self.table(tokens))  # (B, T) -> (B, T, R) -> (B, T, C)
        return x

    def logits(self, x: Tensor) -> Tensor:
        if self.head is None or self.head_project is None:
            y: Tensor = self.tied(self.tied(x, self.project.weight.t()), self.table.weight)  # (B, T, C) -> R -> V
        else:
            y = self.head(self.head_project(x))
        return y
