"""Pre-norm: each sublayer reads a normed copy of the stream and adds to the stream itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from model.config import GPTConfig
from model.dropout import KeyedDropout
from model.norm import Norm
from model.slots import NORM, RESIDUAL


@RESIDUAL.variant(paper="https://arxiv.org/abs/2002.04745")
class PreNorm(nn.Module):
    """`x + attention(norm(x))`, then `x + mlp(norm(x))`."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()
        self.attention_norm: Norm = NORM.build(model.norm, model.n_embd)
        self.attention_dropout = KeyedDropout(model.dropout, f"blocks.{layer}.attention.write")
        self.mlp_norm: Norm = NORM.build(model.norm, model.n_embd)
        self.mlp_dropout = KeyedDropout(model.dropout, f"blocks.{layer}.mlp.write")

    def forward(self, x: Tensor, attention: Callable[[Tensor], Tensor], mlp: Callable[[Tensor], Tensor]) -> Tensor:
        x = x + self.attention_dropout(attention(self.attention_norm(x)))
        update: Tensor = self.mlp_dropout(mlp(self.mlp_norm(x)))
        return x + update
