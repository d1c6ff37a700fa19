"""What of the weights is trained, one a file: none (all of them), lora, qlora.

A variant is built as `Variant(config)`. The two adapters come from `peft`, which is imported when one of them is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from torch import Tensor

from model.config import GPTConfig
from model.gpt import GPT


class Finetune(Protocol):
    """A way to fine-tune.

    Attributes:
        adapts: the base is frozen and only adapters are trained.
        packages: what must be installed.
        extra: the name under which pip installs that with tinker.
    """

    adapts: bool
    packages: tuple[str, ...]
    extra: str

    def check(self, model: GPTConfig) -> None:
        """Raises ConfigError for what does not fit such a model."""

    def attach(self, model: GPT, seed: int) -> None:
        """Freezes the model and puts the adapters in, in place; on the meta device their shapes only."""

    def merged(self, model: GPT) -> dict[str, Tensor]:
        """The state dict of a GPT without adapters that computes what this one does."""

    def save(self, model: GPT, folder: Path) -> None:
        """Writes the adapters for `peft`; nothing where there are none."""
