"""A block: attention and MLP, wired to the residual stream."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from model.attention import Attention
from model.config import GPTConfig
from model.dropout import KeyedDropout
from model.mlp import Mlp
from model.norm_place import NormPlace
from model.residual import Residual
from model.slots import ATTENTION, MLP, NORM_PLACE, RESIDUAL
from model.state import ForwardState
from model.sublayer import Sublayer


class Block(nn.Module):
    """Layer `layer` of the model; the residual variant decides what reads what, and in which order."""

    def __init__(self, model: GPTConfig, layer: int) -> None:
        super().__init__()
        self.attention: Attention = ATTENTION.build(model.attention[layer], model, layer)
        self.attention_norms: NormPlace = NORM_PLACE.build(model.norm_place, model)
        self.attention_dropout = KeyedDropout(model.dropout, f"blocks.{layer}.attention.write")
        self.mlp: Mlp = MLP.build(model.mlp[layer], model, layer)
        self.mlp_norms: NormPlace = NORM_PLACE.build(model.norm_place, model)
        self.mlp_dropout = KeyedDropout(model.dropout, f"blocks.{layer}.mlp.write")
        self.residual: Residual = RESIDUAL.build(model.residual, model, layer)

    def forward(self, x: Tensor, state: ForwardState) -> Tensor:
        """The stream before this layer -> after it, in the shape that the residual variant gives it."""
        attention = Sublayer(partial(self.attention, state=state), self.attention_norms, self.attention_dropout)
        mlp = Sublayer(partial(self.mlp, state=state), self.mlp_norms, self.mlp_dropout)
        after: Tensor = self.residual(x, attention, mlp)
        return after
