"""Init: where the parameters start.

A variant is built as `Variant(config, model)` and called once for each parameter. Values are drawn on the CPU in fp32,
whatever the device of the model, from the generator given and from nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class Init(Protocol):
    """What `model.seeding` asks of an init rule."""

    def __call__(self, module: nn.Module, name: str, shape: torch.Size, generator: torch.Generator) -> Tensor | None:
        """The value of `module`'s own parameter `name`, of that shape; None keeps the constructor's value."""
