"""Lion: the sign of an interpolated momentum, so that every element moves by the learning rate."""

from __future__ import annotations

from dataclasses import dataclass

import pytorch_optimizer
from torch import nn

from tinker.train.optimizers._limits import Memory, NotNegative, Positive
from tinker.train.parameter_groups import grouped, trainable
from tinker.train.slots import OPTIMIZER


@OPTIMIZER.variant(paper="https://arxiv.org/abs/2302.06675")
class Lion(pytorch_optimizer.Lion):
    """`pytorch_optimizer.Lion` with AdamW's decoupled decay, on matrices only.

    The paper's rates are three to ten times below AdamW's, and its decays as many times above.
    """

    # The package keeps these beside its groups, where a copy or a pickle of an optimizer loses them.
    maximize, foreach = False, None

    per_element = True

    @dataclass(frozen=True)
    class Config:
        lr: Positive = 3e-4
        betas: tuple[Memory, Memory] = (0.9, 0.99)
        weight_decay: NotNegative = 0.3

    def __init__(self, config: Config, model: nn.Module) -> None:
        groups = grouped(model, trainable(model), config.lr, config.weight_decay)
        super().__init__(groups, lr=config.lr, betas=config.betas)
