"""The decision rule of a grid as declared before it ran, and whether it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tinker.errors import ConfigError

Direction = Literal["lower", "higher"]
Correction = Literal["holm", "none"]

ALLOWED = {"direction": ("lower", "higher"), "correction": ("holm", "none"), "diverged": ("worst",)}


@dataclass(frozen=True)
class Rule:
    """What decides: a metric, which way is better, the smallest effect that matters (its unit), and the error rate.

    A diverged run always counts as the worst outcome there is. `min_effect` is positive, `alpha` two-sided. `edited` is
    empty, or says in words why the rule cannot count as declared before the results.
    """

    metric: str
    direction: Direction
    min_effect: float
    alpha: float
    correction: Correction
    hash: str = ""
    edited: str = ""

    @classmethod
    def from_grid(cls, grid: Mapping[str, Any]) -> Rule:
        """From a parsed `grid.json`. Raises ConfigError for a rule that this version cannot apply."""
        decide = grid["decide"]
        for key, allowed in ALLOWED.items():
            if decide[key] not in allowed:
                raise ConfigError(f"decide.{key}", f"{decide[key]!r} is not known here; allowed: {', '.join(allowed)}")
        return cls(
            metric=decide["metric"],
            direction=decide["direction"],
            min_effect=float(decide["min_effect"]),
            alpha=float(decide["alpha"]),
            correction=decide["correction"],
            hash=grid["rule_hash"],
            edited=edited(grid["rule_hash"], grid["rule_history"]),
        )

    def sign(self, difference: float) -> int:
        """+1 where such a difference from the control is good, -1 where it is bad, 0 for none."""
        if difference == 0:
            return 0
        return 1 if (difference < 0) == (self.direction == "lower") else -1

    def strictest_alpha(self, family: int) -> float:
        """What an arm's p must reach when it is the first of `family` arms: what seeds are planned with."""
        return self.alpha / family if self.correction == "holm" else self.alpha


def edited(rule_hash: str, history: Sequence[Mapping[str, Any]]) -> str:
    """Why the rule in force was not declared before the results; empty if it was.

    An entry's `results_existed` is about the arms: a shared control that has run by itself shows no effect. After
    results even the first rule of a grid is late, since the arms' trials may have run for another grid. Going back to a
    rule that had been declared in time is no edit.
    """
    for place, entry in enumerate(history):
        if entry["hash"] == rule_hash:
            done = "changed" if place else "declared"
            late = f"the decision rule was {done} on {entry['time']}, when results of the arms existed already"
            return late if entry["results_existed"] else ""
    return "the decision rule in force is not in the grid's record of declared rules"
