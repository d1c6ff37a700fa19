"""What init rules have in common: who is drawn, from what, and the multipliers that muP sets."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class InitRule(ABC):
    """Weights of linear layers and embeddings are normal with a standard deviation that the rule says; biases are 0.

    Values are drawn on the CPU in fp32, whatever the device of the model, from the generator given and nothing else.

    Attributes:
        output_scale: by which the stream is multiplied before the head.
    """

    output_scale: float = 1.0

    @abstractmethod
    def std(self, module: nn.Module, shape: torch.Size) -> float:
        """Of a weight of that shape: (out, in) of an nn.Linear, (entries, width) of an nn.Embedding."""

    def lr_scale(self, module: nn.Module, name: str) -> float:
        """By which the learning rate of `module`'s own parameter `name` is multiplied."""
        return 1.0

    def attention_divisor(self, head_dim: int) -> float:
        """By which the products of queries and keys are divided."""
        return math.sqrt(head_dim)

    def __call__(self, module: nn.Module, name: str, shape: torch.Size, generator: torch.Generator) -> Tensor | None:
        """The value of `module`'s own parameter `name`, of that shape.

        None keeps the constructor's value, unless the module gives one itself (`model.seeding`).
        """
        if not isinstance(module, (nn.Linear, nn.Embedding)):
            return None
        if name == "bias":
            return torch.zeros(shape, device="cpu")
        draw = torch.randn(shape, generator=generator, dtype=torch.float32, device="cpu")
        return draw * self.std(module, shape)
