"""Peri-norm: norms around each sublayer, and around the stack as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from model.config import GPTConfig
from model.norm_place.sandwich import Sandwich
from model.placement import refuse_no_norm
from model.slots import NORM_PLACE


@NORM_PLACE.variant(paper="https://arxiv.org/abs/2502.02732")
class Peri(Sandwich):
    """`x + norm(f(norm(x)))`; a norm after the embedding and one before the head."""

    norms_embedding: ClassVar[bool] = True

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def check(self, model: GPTConfig, key: str) -> None:
            refuse_no_norm(model, key)
