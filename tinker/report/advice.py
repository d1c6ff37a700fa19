"""How to get decided what is not."""

from __future__ import annotations

from collections.abc import Sequence

from tinker.report.view import Row
from tinker.stats.rule import Rule


def next_steps(
    control: Sequence[Row],
    arms: Sequence[Row],
    rule: Rule,
    elsewhere: bool = False,
    not_needed: int = 0,
    gone: str | None = None,
) -> tuple[str, ...]:
    """What the user can do next, in words; nothing where every arm is decided.

    `elsewhere`: the runs were imported; `not_needed`: unfinished trials that have not to run; `gone`: what is used up
    of the grid's budget.
    """
    steps = []
    rows = [*control, *arms]
    unfinished = sum(row["n_unfinished"] for row in rows) - not_needed
    failed = sum(row["n_failed"] for row in rows)
    if unfinished or failed:
        what = [f"{unfinished} unfinished"] * bool(unfinished) + [f"{failed} failed"] * bool(failed)
        trials = "trial" if unfinished + failed == 1 else "trials"
        lacking = f"{' and '.join(what)} {trials}"
        if elsewhere:
            steps.append(f"Finish the {lacking} where they were run, and import all again.")
        elif gone:
            steps.append(f"`tinker run` with a larger budget ({gone}) runs the {lacking}; what has finished stays.")
        else:
            steps.append(f"`tinker run` once more runs the {lacking}; what has finished stays.")
    if rule.edited:
        steps.append(
            "As it was declared first the grid has its verdicts: take the change back. To test what these results"
            " suggest, declare a new grid with a name and seeds of its own."
        )
    open_arms = [row for row in arms if row["verdict"] == "inconclusive"]
    # More seeds do not undo a divergence.
    countable = [row for row in open_arms if not row["n_diverged"] and not any(c["n_diverged"] for c in control)]
    seeds = [row["seeds_to_decide"] for row in countable if row["seeds_to_decide"] is not None]
    # Of an arm that stopped at a look more seeds than planned may decide, but those are of a new grid as well.
    looking = unfinished > 0 and any(row["look"] is not None and row["look"] < rule.looks[-1] for row in open_arms)
    if seeds and not looking:
        now = max(row["n_planned"] for row in countable)
        steps.append(
            f"`seeds: {max(*seeds, now + 1)}` would decide the arms that noise leaves inconclusive, whichever"
            f" way it goes (now {now}). Declare a new grid with seeds not used here: adding"
            " to these after a look at them is a second look."
        )
    if open_arms:
        steps.append('Inconclusive is not "no difference": the interval says what is still possible.')
    found = [row["minimum_detectable_effect"] for row in arms if row["minimum_detectable_effect"] is not None]
    if open_arms and found:
        steps.append(
            f"The planned seeds find a difference of {max(found):.2g} in {rule.metric} four times out of five,"
            f" if the noise is that of these runs of arm and control (min_effect: {rule.min_effect:g})."
        )
    if arms and any(row["verdict"] == "cannot reach alpha" for row in arms):
        needed = [row["seeds_needed_upper"] for row in arms if row["seeds_needed_upper"] is not None]
        steps.append(f"Declare more seeds: {max(needed)} are a start." if needed else "Declare three seeds or more.")
    return tuple(steps)
