"""Sinusoidal positions: a fixed vector for each place, added to the token's."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from model.config import GPTConfig
from model.position.none import NoPosition
from model.slots import POSITION


@POSITION.variant(paper="https://arxiv.org/abs/1706.03762")
class Sinusoidal(NoPosition):
    """Dimensions 2i and 2i + 1 of place t are the sine and the cosine of `t * theta ** (-2i / C)` (section 3.5)."""

    table: Tensor  # (context, C)

    @dataclass(frozen=True)
    class Config:
        """How large the vectors are beside the tokens', and how long their waves.

        theta: the longest wave is `2 pi theta` places; scale: of the waves. The paper's is 1, beside token vectors that
        it multiplies by sqrt(C), which makes them about as large; where tokens start at 0.02, so small a scale does.
        """

        theta: float = 10000.0
        scale: float = 1.0

        def check(self, model: GPTConfig, key: str) -> None:
            if not self.theta > 0:
                raise ValueError(f"{key}.theta: {self.theta} is not a base of angles; allowed: above 0")
            if not self.scale > 0:
                raise ValueError(f"{key}.scale: {self.scale} is not a size of waves; allowed: above 0")

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__(config, model)
        pairs = (model.n_embd + 1) // 2
        frequency = config.theta ** (-2 * torch.arange(pairs, dtype=torch.float64) / model.n_embd)
        angle = torch.outer(torch.arange(model.context, dtype=torch.float64), frequency)
        waves = torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, : model.n_embd]  # an odd C ends on a sine
        self.register_buffer("table", (config.scale * waves).to(torch.get_default_dtype()), persistent=False)

    def embed(self, x: Tensor) -> Tensor:
        return x + self.table[: x.shape[1]]
