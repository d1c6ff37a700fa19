"""Dropout whose mask is a function of (seed, step, place), since torch's takes no generator.

Two arms drop the same elements at the places they share, a resumed trial drops what it would have dropped, and nothing
depends on what else has drawn random numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class KeyedDropout(nn.Module):
    """Zeroes each element with probability p and scales the rest by 1 / (1 - p); off in eval mode and at p = 0.

    Element i (counted in row-major order) is kept where a hash of i and the 64-bit key is above the p-quantile. The
    hash is a 32-bit finaliser (multiplications and xor-shifts, the constants of `lowbias32`,
    https://nullprogram.com/blog/2018/07/31/) with one word of the key at its start and one in its middle, so that the
    masks of two keys are not shuffles of one another. Where a batch comes in equal parts (micro-batches, ranks), an
    element is counted as in the whole batch: the parts' masks together are the whole's. It is integer arithmetic in
    torch operations: the same bits on every device, and at home in compiled, vmapped and captured code, because the key
    is a buffer.

    Args:
        p: probability of dropping, 0 <= p < 1.
        place: the name of this place in the model; equal in arms that share the place.
    """

    key: Tensor  # (2,) int32
    part: Tensor  # (1,) int32: which part of the batch this is

    def __init__(self, p: float, place: str) -> None:
        super().__init__()
        self.p, self.place, self.has_key, self.has_part = p, place, False, False
        # As an int32: the p-quantile of the hash, which is uniform over all of them, from -2**31 on.
        self.quantile = min(round(p * 2**32), 2**32 - 1) - 2**31
        self.register_buffer("key", torch.zeros(2, dtype=torch.int32), persistent=False)
        self.register_buffer("part", torch.zeros(1, dtype=torch.int32), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        if not self.has_key:
            raise RuntimeError(f"dropout at {self.place} has no key: call set_dropout_key(model, seed, step) each step")
        return x * self.keep(x).to(x.dtype).mul_(1.0 / (1.0 - self.p))

    def keep(self, x: Tensor) -> Tensor:
        """The mask for a tensor of x's shape: bool, True where the element stays."""
        h = torch.arange(x.numel(), dtype=torch.int32, device=x.device)
        if self.has_part:
            h = h + self.part * x.numel()  # rows are outermost, and the parts before this one have as many
        h = h ^ self.key[0]
        h ^= (h >> 16) & 0xFFFF  # torch's shift keeps the sign: the bits it brings in are masked away
        h *= 0x7FEB352D
        h ^= self.key[1]
        h ^= (h >> 15) & 0x1FFFF
        h *= 0x846CA68B - 2**32  # as an int32
        return (h >= self.quantile).view(x.shape)


def key_words(seed: int, step: int, place: str) -> list[int]:
    """The key of a place at a step: two int32."""
    digest = hashlib.sha256(f"{seed}/{step}/{place}".encode()).digest()
    return [int.from_bytes(digest[at : at + 4], "little", signed=True) for at in (0, 4)]


def active_dropouts(model: nn.Module) -> list[KeyedDropout]:
    """Those that drop anything."""
    return [module for module in model.modules() if isinstance(module, KeyedDropout) and module.p > 0.0]


def set_dropout_key(model: nn.Module, seed: int, step: int, part: int | None = None) -> None:
    """Keys every active dropout of the model for this step: see `key_dropouts`."""
    key_dropouts(active_dropouts(model), seed, step, part)


def key_dropouts(dropouts: Sequence[KeyedDropout], seed: int, step: int, part: int | None = None) -> None:
    """Keys them for this step; a few copies of 8 bytes, without waiting for the device.

    `part` says which of the equal parts of the step's batch comes next; None where it comes as a whole.
    """
    for module in dropouts:
        words = key_words(seed, step, module.place)
        module.key.copy_(torch.tensor(words, dtype=torch.int32), non_blocking=True)
        module.has_key, module.has_part = True, part is not None
        if part is not None:
            module.part.fill_(part)
