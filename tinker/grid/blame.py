"""Which line of a grid, or which override, a fault in a resolved config comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tinker.errors import ConfigError


@dataclass(frozen=True)
class Place:
    """Where a dotted key of the config was set: `file:line`, or the text of an override."""

    key: str
    where: str


def blame(error: ConfigError, places: Sequence[Sequence[Place]], otherwise: str) -> ConfigError:
    """The error with the place that set its key, or else a key that it mentions; `otherwise` if none did.

    The first group of places that has one counts. In a group the place that shares most of the key is meant, and among
    equals the last.
    """
    for group in places:
        for key in (error.path, *re.findall(r"[a-z]\w*(?:\.\w+)+", error.problem)):
            depth, i = max(((_shared(place.key, key), i) for i, place in enumerate(group)), default=(0, 0))
            if depth:
                return error.at(group[i].where)
    return error.at(otherwise)


def _shared(set_key: str, faulty_key: str) -> int:
    """Parts in common if one key contains the other, else 0; layers' numbers, which a diff may omit, do not count."""
    one, two = ([part for part in key.split(".") if not part.isdigit()] for key in (set_key, faulty_key))
    shorter = min(len(one), len(two))
    return shorter if one[:shorter] == two[:shorter] else 0
