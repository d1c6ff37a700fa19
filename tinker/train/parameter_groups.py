"""A model's trainable parameters, and their groups: by whether they decay, and by the multiplier of their rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from model.gpt import GPT

Named = Mapping[str, nn.Parameter]


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """By path, in the order of the model; a parameter that is used twice, as in a tied head, is there once."""
    return {path: parameter for path, parameter in model.named_parameters() if parameter.requires_grad}


def grouped(model: nn.Module, parameters: Named, lr: float, weight_decay: float) -> list[dict[str, Any]]:
    """Groups for a `torch.optim.Optimizer`; those that decay come first.

    Parameters of two and more dimensions decay, gains and other vectors are not pulled to zero. A group's rate is `lr`
    times what the init rule of a GPT says (`GPT.lr_scales`), and so is its decay, which torch multiplies by the rate.
    """
    scales = model.lr_scales() if isinstance(model, GPT) else {}
    members: dict[tuple[bool, float], list[nn.Parameter]] = {}
    for path, parameter in parameters.items():
        members.setdefault((parameter.dim() < 2, scales.get(path, 1.0)), []).append(parameter)
    ordered = sorted(members.items(), key=lambda item: item[0][0])  # stable: scales in the order of the model
    return [
        {"params": params, "lr": lr * scale, "weight_decay": 0.0 if is_vector else weight_decay}
        for (is_vector, scale), params in ordered
    ]
