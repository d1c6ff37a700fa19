"""LayerScale: a learned gain for each channel of each addition to the stream, small at first."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from model.config import GPTConfig
from model.residual.standard import Standard
from model.slots import RESIDUAL
from model.sublayer import Sublayer


@RESIDUAL.variant(paper="https://arxiv.org/abs/2103.17239")
class LayerScale(Standard):
    """`x + gain * f(x)`, with a gain of n_embd values for attention and one for the MLP."""

    @dataclass(frozen=True)
    class Config:
        """start: every gain's first value, not 0; the paper takes .1 up to 18 layers, 1e-5 to 24, 1e-6 beyond."""

        start: float = 0.1

        def check(self, model: GPTConfig, key: str) -> None:
            if self.start == 0.0:
                raise ValueError(f"{key}.start: 0 is another variant; allowed: another number, or type=rezero")

        def parameters(self, model: GPTConfig, layer: int) -> int:
            return 2 * model.n_embd

        def off(self, model: GPTConfig) -> tuple[object, object]:
            return replace(self, start=1.0), Standard.Config()

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(config, model, layer)
        self.attention_gain = nn.Parameter(torch.full((model.n_embd,), config.start))
        self.mlp_gain = nn.Parameter(torch.full((model.n_embd,), config.start))

    def forward(self, x: Tensor, attention: Sublayer, mlp: Sublayer) -> Tensor:
        x = attention.settle(x + self.attention_gain * attention.update(x))
        return mlp.settle(x + self.mlp_gain * mlp.update(x))
