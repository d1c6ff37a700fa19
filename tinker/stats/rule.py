"""The decision rule of a grid as declared before it ran, and whether it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tinker.errors import ConfigError
from tinker.stats.declared import edited

Direction = Literal["lower", "higher"]
Correction = Literal["holm", "none"]
Test = Literal["t", "permutation", "rank"]

#: What a rule says that was written down before there was a key for it.
LATER = {
    "test": "t", "pairing": "none", "blocks": "none", "looks": None, "accept": "better", "max_seed_cv": 0.01,
    "futility": 0.1,
}  # fmt: skip

ALLOWED = {
    "direction": ("lower", "higher"),
    "correction": ("holm", "none"),
    "diverged": ("worst", "rank", "cap"),
    "test": ("t", "permutation", "rank"),
    "pairing": ("none", "seed"),
    "blocks": ("none", "hardware"),
    "accept": ("better", "not_worse"),
}


@dataclass(frozen=True)
class Rule:
    """What decides: a metric, which way is better, the smallest effect that matters (its unit), and the error rate.

    `min_effect` is positive, `alpha` two-sided; the keys from `test` on are those of the grid's `decide`. `looks` are
    numbers of seeds an arm, empty for a fixed number; with them an arm stops below a chance of `futility`, and where it
    is `by_need` the control has the seeds that the arms which go on need. `edited` is empty, or says in words why what
    decides cannot count as declared before the results.
    """

    metric: str
    direction: Direction
    min_effect: float
    alpha: float
    correction: Correction
    hash: str = ""
    edited: str = ""
    test: Test = "t"
    pairing: Literal["none", "seed"] = "none"
    diverged: Literal["worst", "rank", "cap"] = "worst"
    blocks: Literal["none", "hardware"] = "none"
    looks: tuple[int, ...] = ()
    anytime: bool = False
    accept: Literal["better", "not_worse"] = "better"
    max_seed_cv: float = 0.01
    futility: float | None = 0.1
    by_need: bool = False

    @classmethod
    def from_grid(cls, grid: Mapping[str, Any]) -> Rule:
        """From a parsed `grid.json`. Raises ConfigError for a rule that this version cannot apply."""
        decide = {**LATER, **grid["decide"]}
        for key, allowed in ALLOWED.items():
            if decide[key] not in allowed:
                raise ConfigError(f"decide.{key}", f"{decide[key]!r} is not known here; allowed: {', '.join(allowed)}")
        looks = decide["looks"]
        return cls(
            metric=decide["metric"],
            direction=decide["direction"],
            min_effect=float(decide["min_effect"]),
            alpha=float(decide["alpha"]),
            correction=decide["correction"],
            hash=grid["rule_hash"],
            edited=edited(grid),
            test=decide["test"],
            pairing=decide["pairing"],
            diverged=decide["diverged"],
            blocks=decide["blocks"],
            looks=tuple(looks) if isinstance(looks, list) else (),
            anytime=looks == "anytime",
            accept=decide["accept"],
            max_seed_cv=float(decide["max_seed_cv"]),
            futility=None if decide["futility"] is None else float(decide["futility"]),
            by_need=bool(grid.get("seeds", {}).get("by_need")),
        )

    @property
    def lower(self) -> bool:
        """Whether a lower value is the better one."""
        return self.direction == "lower"

    def sign(self, difference: float) -> int:
        """+1 where such a difference from the control is good, -1 where it is bad, 0 for none."""
        if difference == 0:
            return 0
        return 1 if (difference < 0) == (self.direction == "lower") else -1

    def strictest_alpha(self, family: int) -> float:
        """What an arm's p must reach when it is the first of `family` arms: what seeds are planned with."""
        return self.alpha / family if self.correction == "holm" else self.alpha
