"""Many replications of one setting, cut into chunks with fixed seeds: the same figures for any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from multiprocessing import get_context
from zlib import crc32

from numpy.random import Generator, default_rng

#: One made-up grid through the pipeline: each figure's value, 0 or 1 for a rate. A figure that a replication says
#: nothing about is left out of it.
Replicate = Callable[[Generator], Mapping[str, float]]
Sums = dict[str, tuple[int, float, float]]
#: Replications that share a generator.
CHUNK = 50
#: A figure fails where it is beyond its bound by more than so many of its standard errors.
SLACK = 2.0


@dataclass(frozen=True)
class Setting:
    """What is simulated how often, and between which bounds each of its figures must come out; others are left out."""

    question: str
    label: str
    replicate: Replicate
    bounds: Mapping[str, tuple[float, float]]
    replications: int


@dataclass(frozen=True)
class Figure:
    """The mean over replications with its Monte Carlo standard error."""

    name: str
    value: float
    error: float
    bound: tuple[float, float]

    def holds(self, slack: float = SLACK) -> bool:
        """Whether it lies within its bounds, or beyond them by no more than `slack` standard errors."""
        low, high = self.bound
        return low - slack * self.error <= self.value <= high + slack * self.error


def figures(setting: Setting, replications: int | None = None) -> list[Figure]:
    """In this process; `replications` instead of the setting's own number."""
    chunks = _chunks(replications or setting.replications)
    return _summed(setting, (_chunk(setting, number, count) for number, count in chunks))


def all_figures(
    settings: Iterable[Setting], replications: int | None, workers: int
) -> Iterator[tuple[Setting, list[Figure]]]:
    """Of each setting, in their order, as soon as it is known."""
    tasks = [(s, number, count) for s in settings for number, count in _chunks(replications or s.replications)]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        done = zip((task[0] for task in tasks), pool.map(_chunk, *zip(*tasks, strict=True), chunksize=4), strict=True)
        for _, group in groupby(done, key=lambda each: (each[0].question, each[0].label)):
            parts = list(group)
            yield parts[0][0], _summed(parts[0][0], (sums for _, sums in parts))


def _chunks(replications: int) -> list[tuple[int, int]]:
    starts = range(0, replications, CHUNK)
    return [(number, min(CHUNK, replications - start)) for number, start in enumerate(starts)]


def _chunk(setting: Setting, number: int, count: int) -> Sums:
    rng = default_rng([crc32(f"{setting.question}: {setting.label}".encode()), number])
    sums: Sums = dict.fromkeys(setting.bounds, (0, 0.0, 0.0))
    for _ in range(count):
        for name, value in setting.replicate(rng).items():
            if name not in sums:
                continue
            times, total, squares = sums[name]
            sums[name] = times + 1, total + value, squares + value * value
    return sums


def _summed(setting: Setting, parts: Iterable[Sums]) -> list[Figure]:
    known = list(parts)
    found = []
    for name, bound in setting.bounds.items():
        times, total, squares = (sum(column) for column in zip(*(sums[name] for sums in known), strict=True))
        mean = total / times
        # What never happened in n replications may still happen once in n.
        found.append(Figure(name, mean, max(sqrt(max(0.0, squares / times - mean * mean) / times), 1 / times), bound))
    return found
