"""GeGLU: a second projection, through GELU, gates the hidden units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch.nn.functional as F

from model.config import GPTConfig
from model.feed_forward import Gated, GatedConfig
from model.slots import MLP


@MLP.variant(paper="https://arxiv.org/abs/2002.05202")
class Geglu(Gated):
    """`down(gelu(gate(x)) * up(x))`."""

    @dataclass(frozen=True)
    class Config(GatedConfig):
        """approximate: `tanh` is the form of Gemma; the rest as in every gated MLP."""

        approximate: Literal["none", "tanh"] = "none"

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        gelu = partial(F.gelu, approximate=config.approximate)
        super().__init__(model.n_embd, config.width(model), gelu, bias=config.bias)
