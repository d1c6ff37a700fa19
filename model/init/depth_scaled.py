"""Depth-scaled initialisation: the deeper a layer, the smaller its first weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from model.config import GPTConfig
from model.init_rule import InitRule, check_std, layer_of
from model.slots import INIT


@INIT.variant(paper="https://arxiv.org/abs/1908.11365")
class DepthScaled(InitRule):
    """Weights of layer l (from 1): normal with standard deviation `std / sqrt(l)`; outside of layers `std`; biases: 0.

    The paper's DS-Init (section 4) with alpha = 1, and a normal where it has a uniform distribution.
    """

    @dataclass(frozen=True)
    class Config:
        """std: standard deviation in the first layer, > 0."""

        std: float = 0.02

        def check(self, model: GPTConfig, key: str) -> None:
            check_std(self.std, key)

    def __init__(self, config: Config, model: GPTConfig) -> None:
        self.first_std = config.std

    def std(self, module: nn.Module, path: str, shape: torch.Size) -> float:
        layer = layer_of(path)
        return self.first_std if layer is None else self.first_std / math.sqrt(layer + 1)
