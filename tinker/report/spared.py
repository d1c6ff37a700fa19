"""Planned trials that were not needed, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinker.stats.rule import Rule
from tinker.stats.seeds_by_need import seeds_by_need

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Spared:
    """Rows of the trials that have not to run, and a sentence about the arms that stopped."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def trials(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(row["trial_id"] for row in self.rows)

    def count(self, place: tuple[str, str]) -> int:
        """How many are of that corpus and scale."""
        return sum((row["corpus"], row["scale"]) == place for row in self.rows)


def spared_in(trials: Sequence[Row], rule: Rule) -> Spared:
    """From all rows of trials.parquet."""
    if not (rule.looks or rule.anytime):  # a fixed number of seeds: each of them is needed
        return Spared((), ())
    needs = seeds_by_need(trials, rule)
    rows = tuple(row for need in needs for row in need.not_needed)
    if not rows:
        return Spared((), ())
    left = Counter(row["arm"] for row in rows)
    whole = Counter(row["arm"] for row in trials)
    stopped = [f"{arm} ({why})" for need in needs for arm, why in need.stopped.items() if left[arm]]
    controls = dict.fromkeys(row["arm"] for row in rows if row["is_control"])
    control = [f"the control needed {whole[arm] - left[arm]} of {whole[arm]} seeds" for arm in controls]
    why = "; ".join([*([f"stopped: {', '.join(stopped)}"] if stopped else []), *control])
    return Spared(rows, (f"{len(rows)} of {len(trials)} planned trials were not needed; {why}",))
