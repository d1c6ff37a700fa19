"""No norm anywhere in a block: what the placements of norms have in common."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn


class Placement(nn.Module):
    """Each hook returns what it got; see `model.norm_place.NormPlace`."""

    norms_embedding: ClassVar[bool] = False
    norms_output: ClassVar[bool] = True

    def read(self, x: Tensor) -> Tensor:
        return x

    def write(self, y: Tensor) -> Tensor:
        return y

    def settle(self, x: Tensor) -> Tensor:
        return x
