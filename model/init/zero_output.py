"""Zero-output initialisation: every sublayer adds nothing at first, so the blocks start as the identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from model.config import GPTConfig
from model.init_rule import InitRule, check_std
from model.linear import ResidualLinear
from model.norm_place import NormPlace
from model.slots import INIT, NORM_PLACE


@INIT.variant(paper="https://arxiv.org/abs/1901.09321")
class ZeroOutput(InitRule):
    """Weights: normal with standard deviation `std`; those that write to the residual stream, and biases: 0."""

    @dataclass(frozen=True)
    class Config:
        """std: standard deviation, > 0."""

        std: float = 0.02

        def check(self, model: GPTConfig, key: str) -> None:
            check_std(self.std, key)
            place = NORM_PLACE.of(model.norm_place)
            if cast(type[NormPlace], place.cls).norms_update:
                raise ValueError(
                    f"{key}: zero_output does not go with model.norm_place.type {place.name}, which norms what a layer "
                    f"adds: a norm of zeros multiplies gradients by 1 / sqrt(eps), and after a step what is added has "
                    f"its full size; choose another of the two"
                )

    def __init__(self, config: Config, model: GPTConfig) -> None:
        self.normal_std = config.std

    def std(self, module: nn.Module, path: str, shape: torch.Size) -> float:
        return 0.0 if isinstance(module, ResidualLinear) else self.normal_std
