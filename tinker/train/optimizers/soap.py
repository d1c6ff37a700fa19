"""SOAP: Adam in the eigenbasis of Shampoo's preconditioner, which is renewed every few steps."""

from __future__ import annotations

from dataclasses import dataclass

import pytorch_optimizer
from torch import nn

from tinker.train.optimizers._limits import Count, Memory, NotNegative, Positive
from tinker.train.parameter_groups import grouped, trainable
from tinker.train.slots import OPTIMIZER


@OPTIMIZER.variant(paper="https://arxiv.org/abs/2409.11321")
class SOAP(pytorch_optimizer.SOAP):
    """`pytorch_optimizer.SOAP`; vectors get plain Adam, matrices decay as AdamW's do.

    As in the authors' code the first step only starts the preconditioners and moves nothing. A side of a matrix that is
    longer than `max_precondition_dim`, usually the vocabulary, keeps its own basis: a basis costs its side cubed.
    """

    # The package keeps these beside its groups, where a copy or a pickle of an optimizer loses them.
    maximize, data_format = False, "channels_first"

    @dataclass(frozen=True)
    class Config:
        lr: Positive = 3e-3
        betas: tuple[Memory, Memory] = (0.95, 0.95)
        eps: Positive = 1e-8
        weight_decay: NotNegative = 0.01
        precondition_frequency: Count = 10
        max_precondition_dim: Count = 2048

    def __init__(self, config: Config, model: nn.Module) -> None:
        super().__init__(
            grouped(model, trainable(model), config.lr, config.weight_decay),
            lr=config.lr,
            betas=config.betas,
            eps=config.eps,
            precondition_frequency=config.precondition_frequency,
            max_precondition_dim=config.max_precondition_dim,
        )
