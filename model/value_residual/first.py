"""Value residual: each later layer reads a mixture of its own values and of the first layer's."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.config import GPTConfig
from model.slots import VALUE_RESIDUAL
from model.state import ForwardState
from model.traits import all_traits


@VALUE_RESIDUAL.variant(paper="https://arxiv.org/abs/2410.17897")
class First(nn.Module):
    """`a v_1 + b v`, with two learned numbers for each layer but the first (learnable ResFormer)."""

    @dataclass(frozen=True)
    class Config:
        """share: of the first layer's values at the start, the rest being the layer's own."""

        share: float = 0.5

        def check(self, model: GPTConfig, key: str) -> None:
            if not 0 <= self.share <= 1:
                raise ValueError(f"{key}.share: {self.share} is no share; allowed: 0 to 1")
            if model.n_layer == 1:
                raise ValueError(f"{key}: with model.n_layer 1 there is no later layer; use 2 or more, or {key}=none")
            shapes = [traits.values for traits in all_traits(model)]
            for layer, shape in enumerate(shapes):
                if shape != shapes[0]:
                    raise ValueError(
                        f"{key}: the values of layer {layer} ({shape[0]} heads of {shape[1]}) cannot be mixed with "
                        f"those of the first ({shapes[0][0]} heads of {shapes[0][1]}); give each layer of "
                        f"model.attention equal kv_heads, or {key}=none"
                    )

        def parameters(self, model: GPTConfig, layer: int) -> int:
            return 2 if layer else 0

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()
        self.mix = nn.Parameter(torch.tensor([config.share, 1 - config.share])) if layer else None

    def forward(self, v: Tensor, state: ForwardState) -> Tensor:
        if self.mix is None:
            state.first_values = v
            return v
        assert state.first_values is not None  # layer 0 came before
        return self.mix[0] * state.first_values + self.mix[1] * v
