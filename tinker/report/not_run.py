"""Trials of a grid in a few words: `seeds 5 to 8 of all arms, seed 4 of linear`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

Seed = tuple[int, int]  # of init and of data

#: Names of arms that are listed, and groups of seeds.
MOST_NAMES, MOST_GROUPS = 3, 4


def in_words(trials: Iterable[tuple[str, Seed]], arms: Sequence[str]) -> str:
    """The trials by arm and seed; `arms` are those of the grid, in order. Seeds keep the order in which they come."""
    by_seed: dict[Seed, set[str]] = {}
    for arm, seed in trials:
        by_seed.setdefault(seed, set()).add(arm)
    groups = [
        (names, [seed for seed, _ in found])
        for names, found in groupby(by_seed.items(), key=lambda item: tuple(a for a in arms if a in item[1]))
    ]
    said = [f"{span(seeds)} of {_names(names, arms)}" for names, seeds in groups[:MOST_GROUPS]]
    more = sum(len(names) * len(seeds) for names, seeds in groups[MOST_GROUPS:])
    return ", ".join([*said, *([f"and {more} more"] if more else [])])


def span(seeds: Sequence[Seed]) -> str:
    """`seed 3`, `seeds 5 to 8`, `seeds 1, 4, 7/8`."""
    numbers = [init for init, data in seeds if init == data]
    if len(numbers) == len(seeds) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"seeds {numbers[0]} to {numbers[-1]}"
    names = [str(init) if init == data else f"{init}/{data}" for init, data in seeds]
    most = 6
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"seed{'s' if len(names) > 1 else ''} {', '.join(names[:most])}{more}"


def _names(names: Sequence[str], arms: Sequence[str]) -> str:
    if len(names) == len(arms) > 1:
        return "all arms"
    more = f" and {len(names) - MOST_NAMES} more arms" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
