"""A local folder with config.json and safetensors in a layout that `tinker.pretrained` knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from model.config import GPTConfig
from tinker.errors import UserError
from tinker.train.slots import INIT_FROM


@INIT_FROM.variant()
class PretrainedFolder:
    """Published weights, turned into those of our GPT."""

    packages: tuple[str, ...] = ("safetensors",)
    extra = "lora"

    @dataclass(frozen=True)
    class Config:
        """fingerprint: of the safetensors' bytes, filled in when the config is resolved."""

        path: str
        fingerprint: str

    def __init__(self, config: Config) -> None:
        self.config = config

    def weights(self, model: GPTConfig) -> dict[str, Tensor]:
        """The folder's weights.

        Raises:
            UserError: other bytes than when the trial was declared, or weights that do not fit the model.
        """
        from tinker.pretrained import load_pretrained, pretrained_fingerprint

        folder = Path(self.config.path)
        found = pretrained_fingerprint(folder)
        if found != self.config.fingerprint:
            raise UserError(
                f"init_from: {folder} has the fingerprint {found}, the trial was declared on "
                f"{self.config.fingerprint}; use the same files, or give init_from again"
            )
        return load_pretrained(folder, model)

    def digest(self) -> str:
        """The fingerprint: `weights` has refused any other."""
        return self.config.fingerprint
