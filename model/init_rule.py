"""What init rules have in common: who is drawn, from what, and the multipliers that muP sets."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from model.linear import ZeroLinear


class InitRule(ABC):
    """Weights of linear layers and embeddings are normal with a standard deviation that the rule says; biases are 0.

    Values are drawn on the CPU in fp32, whatever the device of the model, from the generator given and nothing else.

    Attributes:
        output_scale: by which the stream is multiplied before the head.
    """

    output_scale: float = 1.0

    @abstractmethod
    def std(self, module: nn.Module, path: str, shape: torch.Size) -> float:
        """Of a weight of that shape: (out, in) of an nn.Linear, (entries, width) of an nn.Embedding.

        `path` is the parameter's in the model: `blocks.3.mlp.up.weight`.
        """

    def lr_scale(self, module: nn.Module, path: str) -> float:
        """By which the learning rate of the parameter at `path`, one of `module`'s own, is multiplied."""
        return 1.0

    def attention_divisor(self, head_dim: int) -> float:
        """By which the products of queries and keys are divided."""
        return math.sqrt(head_dim)

    def __call__(self, module: nn.Module, path: str, shape: torch.Size, generator: torch.Generator) -> Tensor | None:
        """The value of the parameter at `path`, one of `module`'s own, of that shape.

        None keeps the constructor's value, unless the module gives one itself (`model.seeding`).
        """
        if not isinstance(module, (nn.Linear, nn.Embedding)):
            return None
        if path.endswith("bias") or isinstance(module, ZeroLinear):
            return torch.zeros(shape, device="cpu")
        draw = torch.randn(shape, generator=generator, dtype=torch.float32, device="cpu")
        return draw * self.std(module, path, shape)


def layer_of(path: str) -> int | None:
    """The layer, counted from 0, of a parameter; None outside of the blocks."""
    match path.split("."):
        case ["blocks", layer, *_]:
            return int(layer)
    return None


def check_std(std: float, key: str) -> None:
    """What every rule asks of its `std`.

    Raises:
        ValueError: it is not above 0.
    """
    if not std > 0:
        raise ValueError(f"{key}.std: {std} is not a standard deviation; allowed: above 0")
