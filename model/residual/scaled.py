"""Scaled updates: every addition to the stream is multiplied by one constant."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from torch import Tensor

from model.config import GPTConfig
from model.residual.standard import Standard
from model.slots import RESIDUAL
from model.sublayer import Sublayer


@RESIDUAL.variant(paper="https://arxiv.org/abs/2010.12859")
class Scaled(Standard):
    """`x + scale * f(x)`; at `1 / sqrt(2 n_layer)` the variance of the stream does not grow with depth."""

    @dataclass(frozen=True)
    class Config:
        """scale: the constant, not 0; null is `1 / sqrt(2 n_layer)`, there being two additions a layer."""

        scale: float | None = None

        def check(self, model: GPTConfig, key: str) -> None:
            if self.scale == 0.0:
                raise ValueError(f"{key}.scale: 0 leaves nothing of the layers; allowed: another number, or null")

        def off(self, model: GPTConfig) -> tuple[object, object]:
            return replace(self, scale=1.0), Standard.Config()

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(config, model, layer)
        self.scale = 1 / math.sqrt(2 * model.n_layer) if config.scale is None else config.scale

    def forward(self, x: Tensor, attention: Sublayer, mlp: Sublayer) -> Tensor:
        x = attention.settle(x + self.scale * attention.update(x))
        return mlp.settle(x + self.scale * mlp.update(x))
