"""T5's relative bias: a learned number for each head and each range of distances, added to the scores."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.config import GPTConfig
from model.position.none import NoPosition
from model.slots import POSITION


@POSITION.variant(paper="https://arxiv.org/abs/1910.10683")
class T5(NoPosition):
    """One table (buckets, H) for all layers (section 2.1). T5 does not divide scores; here they are, as ever."""

    bucket: Tensor  # (context,) long: of each distance

    @dataclass(frozen=True)
    class Config:
        """buckets: ranges, the lower half of them single distances; reach: from there on all are in the last."""

        buckets: int = 32
        reach: int = 128

        def check(self, model: GPTConfig, key: str) -> None:
            if self.buckets < 2:
                raise ValueError(f"{key}.buckets: {self.buckets} tell no distances apart; allowed: 2 or more")
            if self.reach <= self.buckets // 2:
                raise ValueError(
                    f"{key}.reach: {self.reach} is no more than the {self.buckets // 2} distances that have a bucket "
                    f"each; allowed: {self.buckets // 2 + 1} or more"
                )

        def parameters(self, model: GPTConfig) -> int:
            return self.buckets * model.n_head

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__(config, model)
        self.per_bucket = nn.Embedding(config.buckets, model.n_head)
        bucket = [bucket_of(distance, config.buckets, config.reach) for distance in range(model.context)]
        self.register_buffer("bucket", torch.tensor(bucket), persistent=False)

    def bias(self, length: int) -> Tensor | None:
        place = torch.arange(length, device=self.bucket.device)
        bucket = self.bucket[(place[:, None] - place).clamp(min=0)]  # (T, T); the future is masked elsewhere
        biases: Tensor = self.per_bucket(bucket).permute(2, 0, 1)  # (H, T, T)
        return biases


def bucket_of(distance: int, buckets: int, reach: int) -> int:
    """One bucket for each distance below `buckets / 2`; the others share the rest, up to `reach`, by logarithm."""
    exact = buckets // 2
    if distance < exact:
        return distance
    share = math.log(distance / exact) / math.log(reach / exact)
    return min(exact + int(share * (buckets - exact)), buckets - 1)
