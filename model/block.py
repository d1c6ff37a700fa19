"""A block: attention and MLP, wired to the residual stream."""

from __future__ import annotations

from torch import Tensor, nn

from model.attention import Attention
from model.config import GPTConfig
from model.mlp import Mlp
from model.position import Position
from model.residual import Residual
from model.slots import ATTENTION, MLP, RESIDUAL


class Block(nn.Module):
    """Layer `layer` of the model; the residual variant decides what reads what, and in which order."""

    def __init__(self, model: GPTConfig, layer: int) -> None:
        super().__init__()
        self.attention: Attention = ATTENTION.build(model.attention[layer], model, layer)
        self.mlp: Mlp = MLP.build(model.mlp[layer], model, layer)
        self.residual: Residual = RESIDUAL.build(model.residual, model, layer)

    def forward(self, x: Tensor, position: Position) -> Tensor:
        """The stream (B, T, C) before this layer -> after it."""
        return self.residual(x, lambda h: self.attention(h, position), self.mlp)
