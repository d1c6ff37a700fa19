"""ReZero: one learned gain for each layer, 0 at first, so that every block starts as the identity."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.config import GPTConfig
from model.residual.standard import Standard
from model.slots import INIT, RESIDUAL
from model.sublayer import Sublayer


@RESIDUAL.variant(paper="https://arxiv.org/abs/2003.04887")
class ReZero(Standard):
    """`x + gain * f(x)`, with a single gain that attention and MLP share, as in the authors' Transformer.

    Norms stay where `norm_place` has them; the paper has none: `norm: none` beside it.
    """

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            if (init := INIT.of(model.init).name) == "zero_output":
                raise ValueError(
                    f"{key}: rezero does not go with model.init.type {init}: gains of 0 after projections of 0 have "
                    f"no gradient, nor have the projections, so the layers would never learn; choose another of the two"
                )

        def parameters(self, model: GPTConfig, layer: int) -> int:
            return 1

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(config, model, layer)
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, attention: Sublayer, mlp: Sublayer) -> Tensor:
        x = attention.settle(x + self.gain * attention.update(x))
        return mlp.settle(x + self.gain * mlp.update(x))
