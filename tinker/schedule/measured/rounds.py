"""Two sides that take turns, so that other work on the machine meets both."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles

from tinker.schedule.measured.sides import Side

#: Seconds of a block of steps; rounds of two blocks, at least and at most; seconds after which the least are enough.
BLOCK, LEAST, MOST, ENOUGH = 1.0, 5, 15, 40.0
#: Steps that warm up, and then steps by which the length of a block is found.
WARM = 3
#: Steps that no block is longer than.
LONGEST = 500


@dataclass(frozen=True)
class Rounds:
    """What was seen.

    Attributes:
        one, other: seconds of a step of each side in each round.
        block: steps of a block.
        times: how many times as much a step of the other side does.
    """

    one: tuple[float, ...]
    other: tuple[float, ...]
    block: int
    times: int = 1

    @property
    def ratios(self) -> list[float]:
        """How many times as fast the other side is, round by round."""
        return [self.times * one / other for one, other in zip(self.one, self.other, strict=True)]

    @property
    def figures(self) -> dict[str, float]:
        """The median of the ratios with its quartiles, and how many they are."""
        low, _, high = quantiles(self.ratios, n=4)
        return {"ratio": median(self.ratios), "low": low, "high": high, "n": len(self.ratios)}


def rounds(one: Side, other: Side, until: float, say: Callable[[str], None], times: int = 1) -> Rounds:
    """Blocks of both sides in turn, after a warm-up that does not count; `times` as in `Rounds`.

    Raises:
        SideEnded: one of them died.
        SideLate: `until`, of the monotonic clock, came before there were `LEAST` rounds.
    """
    for side in (one, other):
        side.steps(WARM, until)
    slowest = max(side.steps(WARM, until).seconds / WARM for side in (one, other))
    block = max(1, min(LONGEST, math.ceil(BLOCK / slowest)))
    began = told = time.monotonic()
    found: tuple[list[float], list[float]] = [], []
    while len(found[0]) < MOST:
        spent = time.monotonic() - began
        if len(found[0]) >= LEAST and (spent > ENOUGH or began + spent + 2 * spent / len(found[0]) > until):
            break
        for side, seconds in zip((one, other), found, strict=True):
            seconds.append(side.steps(block, until).seconds / block)
        if time.monotonic() - told > 10:
            told = time.monotonic()
            so_far = Rounds(tuple(found[0]), tuple(found[1]), block, times)
            say(f"  round {len(found[0])}: x{median(so_far.ratios):.2f}")
    return Rounds(tuple(found[0]), tuple(found[1]), block, times)
