"""GPT-2's initialisation: one small normal for everything, smaller for what is added to the residual stream."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from model.config import GPTConfig
from model.init_rule import InitRule, check_std
from model.linear import ResidualLinear
from model.slots import INIT


@INIT.variant(
    paper="https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf"
)
class Gpt2(InitRule):
    """Weights of linear layers and embeddings: normal, `std`; residual-writing: `std / sqrt(2 n_layer)`; biases: 0.

    There are two residual writes a layer, so the stream's variance at the end does not grow with depth (section 2.3).
    """

    @dataclass(frozen=True)
    class Config:
        """std: standard deviation, > 0."""

        std: float = 0.02

        def check(self, model: GPTConfig, key: str) -> None:
            check_std(self.std, key)

    def __init__(self, config: Config, model: GPTConfig) -> None:
        self.normal_std = config.std
        self.residual_std = config.std / math.sqrt(2 * model.n_layer)

    def std(self, module: nn.Module, path: str, shape: torch.Size) -> float:
        return self.residual_std if isinstance(module, ResidualLinear) else self.normal_std
