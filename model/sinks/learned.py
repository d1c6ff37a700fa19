"""A learned sink for each head: a score that takes its share of the softmax and brings nothing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.slots import SINKS


@SINKS.variant(paper="https://arxiv.org/abs/2508.10925")
class Learned(nn.Module):
    """A head's weights sum to less than 1: what is missing is the sink's. A score starts at 0, as a key of zeros."""

    @dataclass(frozen=True)
    class Config:
        """Nothing to choose."""

        def parameters(self, heads: int) -> int:
            return heads

    def __init__(self, config: Config, heads: int) -> None:
        super().__init__()
        self.score = nn.Parameter(torch.zeros(heads))

    def scores(self) -> Tensor | None:
        return self.score
