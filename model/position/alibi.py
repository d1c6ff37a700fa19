"""ALiBi: scores fall with the distance, at a rate of its own for each head."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from model.config import GPTConfig
from model.position.none import NoPosition
from model.slots import POSITION


@POSITION.variant(paper="https://arxiv.org/abs/2108.12409")
class Alibi(NoPosition):
    """`-slope * (t - s)` is added to the score of query t and key s; nothing is learned."""

    slope: Tensor  # (H,)

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__(config, model)
        slope = torch.tensor(slopes_of(model.n_head), dtype=torch.get_default_dtype())
        self.register_buffer("slope", slope, persistent=False)

    def bias(self, length: int) -> Tensor | None:
        place = torch.arange(length, dtype=self.slope.dtype, device=self.slope.device)
        distance = (place[:, None] - place).clamp(min=0)  # (T, T); the future is masked elsewhere
        return -self.slope[:, None, None] * distance

    def slopes(self) -> Tensor | None:
        return self.slope


def slopes_of(heads: int) -> list[float]:
    """`2 ** (-8 (h + 1) / H)` where H is a power of two.

    Else those of the power of two below, then every other one of the next power's (the authors' code; section 3).
    """
    below: int = 2 ** math.floor(math.log2(heads))
    slopes = [2.0 ** (-8 * (head + 1) / below) for head in range(below)]
    return slopes + [2.0 ** (-8 * (head + 1) / (2 * below)) for head in range(0, 2 * (heads - below), 2)]
