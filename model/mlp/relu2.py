"""Up, squared ReLU, down."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from model.config import GPTConfig
from model.feed_forward import Plain, PlainConfig
from model.slots import MLP


@MLP.variant(paper="https://arxiv.org/abs/2109.08668")
class SquaredRelu(Plain):
    """`max(x, 0) ** 2`: the activation that the search for Primer found."""

    @dataclass(frozen=True)
    class Config(PlainConfig):
        """As in every MLP without a gate."""

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__(config, model, squared_relu)


def squared_relu(x: Tensor) -> Tensor:
    """Elementwise."""
    return F.relu(x).square()
