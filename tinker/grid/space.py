"""The values that a space holds: all of a grid, its ends, its middle; and whether a value lies at an edge of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from tinker.grid.tune import Follows, Knob, Range, Space

Params = dict[str, Any]

#: A value so near an end of its range, as a share of it (of its logarithm on a log scale), lies at the edge.
EDGE = 0.05
#: Significant digits of a value that is drawn: what was tried can be read, typed and told apart.
DIGITS = 4


def searched(space: Space) -> dict[str, Range | list[Any]]:
    """The dimensions of the search: all that follows nothing."""
    return {key: knob for key, knob in space.items() if not isinstance(knob, Follows)}


def completed(space: Space, chosen: Mapping[str, Any]) -> Params:
    """A configuration: what was chosen, and what follows from it, in the order of the space."""
    return {
        key: float(f"{knob.times * chosen[knob.of]:.12g}") if isinstance(knob, Follows) else chosen[key]
        for key, knob in space.items()
    }


def crossed(space: Space) -> list[Params]:
    """Every combination of lists and of the points of ranges; the last key changes first."""
    axes = searched(space)
    values = [_points(knob) for knob in axes.values()]
    return [completed(space, dict(zip(axes, row, strict=True))) for row in product(*values)]


def middle(space: Space) -> Params:
    """A configuration from the middle of everything: what an arm is taken for until it is tuned."""
    return completed(space, {key: _between(knob, 0.5) for key, knob in searched(space).items()})


def samples(space: Space) -> list[Params]:
    """Configurations at which a space shows what is wrong with it: both ends, and each value of each list."""
    axes = searched(space)
    found = [{key: _between(knob, end) for key, knob in axes.items()} for end in (0.0, 1.0)]
    centre = {key: _between(knob, 0.5) for key, knob in axes.items()}
    found += [{**centre, key: value} for key, knob in axes.items() if isinstance(knob, list) for value in knob]
    return [completed(space, chosen) for chosen in found]


def listed(space: Space) -> Iterator[Params] | None:
    """Every configuration of a space that has a finite number; None where it has a continuous range."""
    axes = searched(space)
    if any(isinstance(knob, Range) and not knob.int for knob in axes.values()):
        return None
    values = [range(int(k.low), int(k.high) + 1) if isinstance(k, Range) else k for k in axes.values()]
    return (completed(space, dict(zip(axes, row, strict=True))) for row in product(*values))


def size(space: Space) -> float:
    """How many configurations there are; infinite where a range is continuous."""
    count = 1.0
    for knob in searched(space).values():
        count *= len(knob) if isinstance(knob, list) else knob.high - knob.low + 1 if knob.int else math.inf
    return count


def rounded(knob: Range, value: float) -> float | int:
    """The value as it is tried: whole, or with `DIGITS` digits and inside its range."""
    if knob.int:
        return min(max(round(value), int(knob.low)), int(knob.high))
    return min(max(float(f"{value:.{DIGITS}g}"), knob.low), knob.high)


def edge(knob: Knob, value: Any) -> str | None:
    """`low` or `high` where the value lies at that end of what was tried; a list has ends if it is of numbers."""
    if isinstance(knob, list):
        if not all(type(each) in (int, float) for each in knob):
            return None
        return "low" if value == min(knob) else "high" if value == max(knob) else None
    if isinstance(knob, Follows):
        return None
    if knob.int:
        return "low" if value <= knob.low else "high" if value >= knob.high else None
    low, high, here = (math.log(v) if knob.log else v for v in (knob.low, knob.high, value))
    share = (here - low) / (high - low)
    return "low" if share <= EDGE else "high" if share >= 1 - EDGE else None


def _between(knob: Range | list[Any], share: float) -> Any:
    if isinstance(knob, list):
        return knob[round(share * (len(knob) - 1))]
    if knob.log:
        return rounded(knob, knob.low * (knob.high / knob.low) ** share)
    return rounded(knob, knob.low + share * (knob.high - knob.low))


def _points(knob: Range | list[Any]) -> Sequence[Any]:
    if isinstance(knob, list):
        return knob
    assert knob.points is not None, "Tune.check asks for them"
    found = [_between(knob, place / (knob.points - 1)) for place in range(knob.points)]
    return list(dict.fromkeys(found))
