"""The declared rule: which configurations go on, which one of an arm wins, and what is to be known of the winner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from tinker.grid.space import edge
from tinker.grid.tune import Prune, Range, Space
from tinker.schedule.tuning.tried import Configuration

Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class Edge:
    """A winner's value at an end of what was tried: beyond it there may be a better one."""

    key: str
    value: float
    end: str
    said: str


def rule_in_words(metric: str, direction: Direction, steps: int) -> str:
    """How an arm's winner is chosen, for people."""
    best = "lowest" if direction == "lower" else "highest"
    return (
        f"the {best} mean {metric} over the tuning seeds after {steps} steps, on the tuning split; a configuration "
        "with a seed that diverged or failed cannot win; of equal ones the first asked wins"
    )


def go_on(prune: Prune, going: Sequence[Configuration], direction: Direction) -> list[int]:
    """Numbers of the configurations of one arm that go on from a rung, in their order.

    By halving a `factor`-th of those that came here, at least one, so that every arm has as many at each rung. None
    that diverged or failed goes on: it would do so again.
    """
    ranked = ranking(going, direction)
    if prune.type == "halving":
        kept = ranked[: max(1, len(going) // prune.factor)]
    else:
        middle = median(_loss(each, direction) for each in going)
        kept = [each for each in ranked if _loss(each, direction) <= middle]
    return sorted(each.number for each in kept)


def winners(configurations: Sequence[Configuration], steps: int, direction: Direction) -> list[int]:
    """Number of the winner among those that had the whole budget, and of those that are exactly as good, as asked.

    Empty where none is stable.
    """
    ranked = ranking([each for each in configurations if each.trials and each.rung == steps], direction)
    return [each.number for each in ranked if each.mean == ranked[0].mean]


def ranking(configurations: Sequence[Configuration], direction: Direction) -> list[Configuration]:
    """The best first, of equal ones the first asked; without those that have no mean."""
    stable = [each for each in configurations if each.mean is not None]
    return sorted(stable, key=lambda each: (_loss(each, direction), each.number))


def edges(space: Space, winner: Configuration) -> list[Edge]:
    """The keys in which the winner lies at an edge of its space."""
    found = []
    for key, value in winner.params.items():
        knob = space[key]
        end = edge(knob, value)
        if end is None:
            continue
        assert isinstance(knob, (Range, list))
        low, high = (min(knob), max(knob)) if isinstance(knob, list) else (knob.low, knob.high)
        said = f"{key} = {value:g} is at the {end} end of what was tried ({low:g} to {high:g}): widen it"
        found.append(Edge(key, value, end, said))
    return found


def _loss(configuration: Configuration, direction: Direction) -> float:
    mean = configuration.mean
    if mean is None:
        return float("inf")
    return mean if direction == "lower" else -mean
