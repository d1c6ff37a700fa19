"""Up, GELU, down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch.nn.functional as F

from model.config import GPTConfig
from model.feed_forward import Plain, PlainConfig
from model.registry import later
from model.slots import MLP


@MLP.variant(paper="https://arxiv.org/abs/1606.08415")
class Gelu(Plain):
    """The exact GELU (`x * Phi(x)`), or its tanh approximation."""

    @dataclass(frozen=True)
    class Config(PlainConfig):
        """approximate: `tanh` is the form that GPT-2 was trained with; the rest as in every MLP without a gate."""

        approximate: Literal["none", "tanh"] = later("none")

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(config, model, partial(F.gelu, approximate=config.approximate))
