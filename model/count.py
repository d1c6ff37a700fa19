"""The size of a model, for the columns that stand beside every effect."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from model.config import GPTConfig
from model.gpt import GPT
from model.slots import BACKEND


def parameter_count(model: nn.Module) -> int:
    """All parameters, position tables included, a tied table counted once.

    By this count the published Tiny Shakespeare reference has 10,745,088; its own log says 10.65M, without positions.
    """
    return sum(parameter.numel() for parameter in model.parameters())


def flops_per_token(config: GPTConfig) -> float:
    """FLOPs of one training step (forward and backward) over its tokens, at full context.

    Counted from the matrix products that torch executes with the eager backend, masked entries included (2 FLOPs a
    multiply-add); elementwise work, norms, softmax and the optimizer are not in it. Nothing is computed: the model is
    built on the meta device.
    """
    eager = BACKEND.get("eager").config()
    with torch.device("meta"):
        model = GPT(replace(config, backend=eager), seed=0).eval()  # dropout has no matrix product
        tokens = torch.zeros(1, config.context, dtype=torch.long)
    counter = FlopCounterMode(display=False)
    with counter:
        torch.autograd.backward(model(tokens, tokens))
    return counter.get_total_flops() / config.context
