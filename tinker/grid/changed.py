"""What a grid declares now and did not when it was run. Imports no torch: reports ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinker.grid.product import declared_arms
from tinker.grid.schema import Grid
from tinker.grid.tune import digest_of
from tinker.spec import Seeds


def changed_keys(grid: Grid, stored: Mapping[str, Any]) -> list[str]:
    """Those of `control`, `arms`, `seeds`, `decide` and `tune` in which the grid differs from its `grid.json`.

    Arms are compared as declared, by name and diff; resolving them would need torch. So an added combination of axes
    goes unseen, since one that gives the control is no arm; so does an edit of `base`, `pretrain` or a config group.

    Raises:
        UserError: arms that contradict each other.
    """
    differs = {
        "control": grid.control != stored["control"],
        "arms": _arms_differ(grid, stored),
        "seeds": _seeds_differ(grid, stored),
        "decide": grid.decide.rule_hash != stored["rule_hash"],
        "tune": (grid.tune and digest_of(grid.tune)) != stored.get("tuning", {}).get("declared"),
    }
    return [key for key, other in differs.items() if other]


def _arms_differ(grid: Grid, stored: Mapping[str, Any]) -> bool:
    declared = declared_arms(grid)
    now = {arm.name: arm.diff for arm in declared}
    then = {arm["name"]: arm["diff"] for arm in stored["arms"] if not arm["is_control"]}
    # Where an arm was left out for being the same as another, one that is not there need not be new.
    added = {arm.name for arm in declared if not arm.product} - then.keys() if not stored["skipped"] else set()
    return bool(added) or any(now.get(name) != diff for name, diff in then.items())


def _seeds_differ(grid: Grid, stored: Mapping[str, Any]) -> bool:
    if not stored["cells"]:  # its arms are not tuned yet
        then_declared = {side: {Seeds(*pair) for pair in stored["seeds"][side]} for side in ("arms", "control")}
        return any(then_declared[side] != set(getattr(grid.seed_plan, side)) for side in then_declared)
    then: dict[str, set[Seeds]] = {}
    for cell in stored["cells"]:
        then.setdefault(cell["arm"], set()).add(Seeds(cell["seed_init"], cell["seed_data"]))
    control = then.pop(stored["control"])
    arms = set(grid.seed_plan.arms)
    return control != set(grid.seed_plan.control) or any(seeds != arms for seeds in then.values())
