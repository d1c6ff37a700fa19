"""The size of a model, for the columns that stand beside every effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

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


def active_parameter_count(model: nn.Module) -> int:
    """Parameters that one token meets: all but those of the experts that it is not routed to."""
    idle: int = sum(module.declared_parameters - module.active_parameters for _, module in variants(model))
    return parameter_count(model) - idle


def own_parameters(variant: nn.Module) -> int:
    """Parameters of a variant, those of the variants within it not counted."""
    within = {
        id(p)
        for module in variant.modules()
        if module is not variant and _declares(module)
        for p in module.parameters()
    }
    return sum(parameter.numel() for parameter in variant.parameters() if id(parameter) not in within)


def undeclared(model: nn.Module) -> list[str]:
    """What the declarations of the slots' variants leave unexplained of the model's parameters, a line for each.

    A variant that has more or fewer than its Config declares, or a parameter that is no variant's.
    """
    chosen = list(variants(model))
    lines = [
        f"{path} ({type(module).__name__}): has {own_parameters(module):,} parameters, its Config declares "
        f"{module.declared_parameters:,}"
        for path, module in chosen
        if own_parameters(module) != module.declared_parameters
    ]
    covered = {id(parameter) for _, module in chosen for parameter in module.parameters()}
    return lines + [
        f"{path}: belongs to no slot's variant" for path, p in model.named_parameters() if id(p) not in covered
    ]


def variants(model: nn.Module) -> Iterator[tuple[str, Any]]:
    """Every module that a slot has built, with its path; it carries `declared_parameters` and `active_parameters`."""
    return ((path, module) for path, module in model.named_modules() if _declares(module))


def _declares(module: nn.Module) -> bool:
    return hasattr(module, "declared_parameters")


def flops_per_token(config: GPTConfig, adapt: Callable[[GPT], None] = lambda model: None) -> float:
    """FLOPs of one training step (forward and backward) over its tokens, at full context.

    Counted from the matrix products that torch executes with the eager backend, masked entries included (2 FLOPs a
    multiply-add); elementwise work, norms, softmax and the optimizer are not in it. Nothing is computed: the model is
    built on the meta device. `adapt` may change it before it is counted: freeze a part, say.
    """
    eager = BACKEND.get("eager").config()
    counter = FlopCounterMode(display=False)
    with torch.device("meta"):  # also in the forward pass: a user's variant may make tensors without naming a device
        model = GPT(replace(config, backend=eager), seed=0)
        adapt(model)
        model.eval()  # dropout has no matrix product
        tokens = torch.zeros(1, config.context, dtype=torch.long)
        with counter:
            torch.autograd.backward(model(tokens, tokens))
    return counter.get_total_flops() / config.context
