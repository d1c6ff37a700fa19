"""Named random streams: numbers that are a function of (seed, purpose, step), whatever was drawn before.

Only the bit generator is used, whose output numpy keeps fixed for good (NEP 19); the methods of
`numpy.random.Generator` may change between versions, and with them the data of a frozen record.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Purpose(IntEnum):
    """What a stream is for; two purposes never share numbers, even under one seed. Never renumber."""

    TRAIN = 0
    VALIDATION = 1
    TABLES = 2
    TUNING = 3


def uniforms(seed: int, purpose: Purpose, step: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Numbers in [0, 1 - 2**-32], multiples of 2**-32, of that shape; a shape with more rows only adds rows.

    32 bits, not 53, so that `u < total` holds for every sum of probabilities that misses 1 by rounding alone.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(int(purpose), step))
    raw = np.random.Philox(sequence).random_raw(int(np.prod(shape)))
    return ((raw >> np.uint64(32)).astype(np.float64) * 2.0**-32).reshape(shape)
