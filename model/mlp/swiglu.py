"""SwiGLU: a second projection, through SiLU, gates the hidden units."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F

from model.config import GPTConfig
from model.feed_forward import Gated, GatedConfig
from model.slots import MLP


@MLP.variant(paper="https://arxiv.org/abs/2002.05202")
class Swiglu(Gated):
    """`down(silu(gate(x)) * up(x))`."""

    @dataclass(frozen=True)
    class Config(GatedConfig):
        """As in every gated MLP."""

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(model.n_embd, config.width(model), F.silu, bias=config.bias)
