"""A plan whose arms have been tuned: the winners' values in their configs, and the cells that compare them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tinker.config.merge import leaves
from tinker.grid.expand import Arm, Plan, blocks, identity
from tinker.grid.space import Params


def with_winners(plan: Plan, winners: Mapping[str, Params]) -> Plan:
    """The plan with each arm, the control included, at the values that won for it, on the seeds of the comparison.

    An arm that has become the same as one before it asks for no trial of its own: it is left out, with a note.
    """
    arms: dict[str, Arm] = {}
    notes = list(plan.notes)
    for arm in plan.arms:
        assert arm.tunable is not None, "only a grid that tunes has winners"
        values = dict(winners[arm.name])
        tuned = replace(arm, config=arm.tunable.config(values), tuned=values)
        if arms and any(_differs(key, tuned, next(iter(arms.values()))) for key in arm.tunable.sizes):
            tuned = replace(tuned, changes_scale=True)
        same = arms.setdefault(identity(tuned), tuned)
        if same is not tuned:
            notes.append(f"arm {arm.name!r} came out of its tuning the same as {same.name!r} and is left out")
    kept = tuple(arms.values())
    return replace(plan, arms=kept, blocks=blocks(plan.grid, kept), notes=tuple(notes), before=plan)


def _differs(key: str, arm: Arm, control: Arm) -> bool:
    return leaves(arm.config).get(key) != leaves(control.config).get(key)
