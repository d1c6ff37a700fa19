"""From scratch: the values that the init rule draws from the seed."""

from __future__ import annotations

from dataclasses import dataclass

from model.config import GPTConfig
from tinker.train.slots import INIT_FROM


@INIT_FROM.variant()
class Scratch:
    """No weights."""

    packages: tuple[str, ...] = ()
    extra = ""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def weights(self, model: GPTConfig) -> None:
        """The model stays as it was built."""

    def digest(self) -> None:
        """The seed says it all."""
