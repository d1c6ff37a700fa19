"""What the placements of norms have in common: no norm anywhere in a block, and what does not go with them."""

from __future__ import annotations

from typing import ClassVar, cast

from torch import Tensor, nn

from model.config import GPTConfig
from model.norm_place import NormPlace
from model.slots import NORM, NORM_PLACE


class Placement(nn.Module):
    """Each hook returns what it got; see `model.norm_place.NormPlace`."""

    norms_embedding: ClassVar[bool] = False
    norms_output: ClassVar[bool] = True
    norms_stream: ClassVar[bool] = False
    norms_update: ClassVar[bool] = False

    def read(self, x: Tensor) -> Tensor:
        return x

    def write(self, y: Tensor) -> Tensor:
        return y

    def settle(self, x: Tensor) -> Tensor:
        return x


def refuse_no_norm(model: GPTConfig, key: str) -> None:
    """Called by the check of a placement that differs from pre-norm.

    Raises:
        ValueError: there is no norm to place.
    """
    if NORM.of(model.norm).name == "none":
        raise ValueError(
            f"{key}.type: {NORM_PLACE.of(model.norm_place).name} places norms, and model.norm is none; use {key}=pre, "
            f"or another model.norm"
        )


def refuse_normed_stream(model: GPTConfig, key: str, reason: str) -> None:
    """For a residual wiring whose stream cannot be normed after an addition.

    Raises:
        ValueError: the model's norm place does that; `reason` says why it cannot be.
    """
    chosen = NORM_PLACE.of(model.norm_place)
    if cast(type[NormPlace], chosen.cls).norms_stream:
        raise ValueError(
            f"{key}: does not go with model.norm_place.type {chosen.name}, which norms the stream: {reason}; choose "
            f"another norm_place, such as pre, or another residual"
        )
