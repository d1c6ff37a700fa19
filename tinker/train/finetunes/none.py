"""All weights are trained: training from scratch, or full fine-tuning of what `init_from` names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from model.config import GPTConfig
from model.gpt import GPT
from tinker.train.slots import FINETUNE


@FINETUNE.variant()
class Full:
    """No adapters."""

    adapts = False
    packages: tuple[str, ...] = ()
    extra = ""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def check(self, model: GPTConfig) -> None:
        """Fits every model."""

    def attach(self, model: GPT, seed: int) -> None:
        """Leaves the model as it is."""

    def merged(self, model: GPT) -> dict[str, Tensor]:
        """The model's own weights."""
        return model.state_dict()

    def save(self, model: GPT, folder: Path) -> None:
        """The checkpoint has it all."""
