"""What an import says was to be run: the seeds and the arms, and how they changed from one import to the next."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

Grid = dict[str, Any]
#: What is compared of two plans: the numbers of runs without seeds may change, the runs of an arm may not.
COMPARED = ("arms", "runs", "tuning")


def plan_of(cells: Sequence[Mapping[str, Any]], control: str, tuning: Collection[int], seeded: bool) -> Grid:
    """The seeds of either side, the arms by a digest, and the runs of each arm, as an entry of `plan_history`.

    `seeds` has one list for all arms, as in tinker's own grids: where arms have unlike seeds it is their union, and
    `runs` has those of each arm and of the control. Runs without seeds are numbered anew in each arm there.
    """
    runs: dict[str, list[list[int]]] = {}
    for cell in cells:
        found = runs.setdefault(cell["arm"], [])
        found.append([cell["seed_init"], cell["seed_data"]] if seeded else [len(found) + 1] * 2)
    sides = {
        "arms": _union(cell for cell in cells if cell["arm"] != control),
        "control": _union(cell for cell in cells if cell["arm"] == control),
        "tuning": [[seed, seed] for seed in tuning],
    }
    arms = {_digest(arm): arm for arm in runs if arm != control}
    return {"seeds": sides, "arms": arms, "runs": {arm: sorted(runs[arm]) for arm in sorted(runs)}}


def changed(before: Mapping[str, Any], plan: Mapping[str, Any]) -> bool:
    """Whether an import has other seeds or arms than the one before it."""
    return any(_compared(before, key) != _compared(plan, key) for key in COMPARED)


def unlike(plan: Mapping[str, Any]) -> bool:
    """Whether the arms, the control aside, have unlike seeds."""
    return len({str(plan["runs"][arm]) for arm in plan["arms"].values()}) > 1


def _compared(plan: Mapping[str, Any], key: str) -> Any:
    return plan["seeds"]["tuning"] if key == "tuning" else plan[key]


def _union(cells: Any) -> list[list[int]]:
    return sorted([list(seeds) for seeds in {(cell["seed_init"], cell["seed_data"]) for cell in cells}])


def _digest(arm: str) -> str:
    return hashlib.sha256(arm.encode()).hexdigest()[:12]
