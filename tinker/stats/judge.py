"""Every arm of a family under its rule: at the end, at the declared looks, or at any time."""

from __future__ import annotations

from collections.abc import Mapping

from tinker.stats.anytime import at_any_time
from tinker.stats.e_process import block_ends
from tinker.stats.family import Judged, corrected, fixed
from tinker.stats.looks import course
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.soundness import unsound


def judge(arms: Mapping[str, Sample], control: Sample, rule: Rule) -> dict[str, Judged]:
    """The arms in the order given.

    Raises:
        UserError: looks that the control cannot tell apart.
    """
    if rule.looks:
        return course(arms, control, rule).judged
    if rule.anytime:
        return corrected({name: any_time(arm, control, rule) for name, arm in arms.items()}, rule)
    found = {
        name: fixed(arm, control, unsound(arm, control, rule.metric, rule), rule, rule.alpha)
        for name, arm in arms.items()
    }
    return corrected(found, rule)


def any_time(arm: Sample, control: Sample, rule: Rule) -> Judged:
    """One arm, not corrected for the others; the control may have gone on without it."""
    problem = unsound(*first_blocks(arm, control, _blocks_begun(arm, control)), rule.metric, rule)
    if problem:
        return Judged(arm, control, problem, None)
    seen = at_any_time(arm, control, rule)
    return Judged(arm, control, "", seen.test, seen.p, seen.p_equivalent, seen.p_not_worse, None, seen.e)


def _blocks_begun(arm: Sample, control: Sample) -> int:
    """Blocks up to the last one of which a run of the arm has ended."""
    runs = arm.in_order()
    last = max((place + 1 for place, run in enumerate(runs) if run.outcome != "unfinished"), default=0)
    count = min(len(runs), len(control.runs))
    return next((n for n in range(count) if block_ends(len(runs), len(control.runs), n)[0] >= last), count)


def finished_blocks(arm: Sample, control: Sample) -> int:
    """Blocks of seeds, from the first on, in which no run is still to come."""
    n, m = len(arm.runs), len(control.runs)
    count = 0
    while count < min(n, m) and all(side.finished for side in first_blocks(arm, control, count + 1)):
        count += 1
    return count


def first_blocks(arm: Sample, control: Sample, count: int) -> tuple[Sample, Sample]:
    """The runs of both sides in the first `count` blocks."""
    if not arm.runs or not control.runs:
        return arm, control
    end, control_end = block_ends(len(arm.runs), len(control.runs), count)
    return arm.first(end), control.first(control_end, before=arm)
