"""AdamW with weight decay on matrices only: gains and other vectors are not pulled to zero."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from tinker.train.parameter_groups import grouped, trainable
from tinker.train.slots import OPTIMIZER


@OPTIMIZER.variant(paper="https://arxiv.org/abs/1711.05101")
class AdamW(torch.optim.AdamW):
    """`torch.optim.AdamW`: parameters of two and more dimensions decay, the others do not."""

    per_element = True
    fusible = True

    @dataclass(frozen=True)
    class Config:
        lr: float = 1e-3
        betas: tuple[float, float] = (0.9, 0.99)
        eps: float = 1e-8
        weight_decay: float = 0.1

        def __post_init__(self) -> None:
            if not self.lr > 0:
                raise ValueError(f"lr: {self.lr} is not above 0")
            if not all(0 <= beta < 1 for beta in self.betas):
                raise ValueError(f"betas: {list(self.betas)} are not two numbers in [0, 1)")
            if not self.eps > 0:
                raise ValueError(f"eps: {self.eps} is not above 0")
            if self.weight_decay < 0:
                raise ValueError(f"weight_decay: {self.weight_decay} is below 0")

    def __init__(self, config: Config, model: nn.Module) -> None:
        groups = grouped(model, trainable(model), config.lr, config.weight_decay)
        super().__init__(groups, lr=config.lr, betas=config.betas, eps=config.eps)
