"""Fan-in initialisation: a unit's input decides its scale, so that activations keep their size at any width."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from model.config import GPTConfig
from model.init_rule import InitRule
from model.linear import ResidualLinear
from model.slots import INIT


@INIT.variant(paper="https://doi.org/10.1007/3-540-49430-8_2")
class FanIn(InitRule):
    """Weights: normal with standard deviation `1 / sqrt(fan_in)`; residual-writing ones `/ sqrt(2 n_layer)`; biases: 0.

    The fan-in of a linear layer is its input width. All embeddings take `1 / sqrt(n_embd)`: a tied table is also the
    head, whose input has that width; and a narrow one (factorised) so gives the logits the size of a wide one's.
    """

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config, model: GPTConfig) -> None:
        self.residual_gain = 1 / math.sqrt(2 * model.n_layer)
        self.width = model.n_embd

    def std(self, module: nn.Module, path: str, shape: torch.Size) -> float:
        gain = self.residual_gain if isinstance(module, ResidualLinear) else 1.0
        return gain / math.sqrt(self.width if isinstance(module, nn.Embedding) else shape[-1])
