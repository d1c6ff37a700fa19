"""May two arms be compared at all? Asked before any p is computed."""

from __future__ import annotations

from collections import Counter

from tinker.stats.rule import Rule
from tinker.stats.sample import Sample, labels

#: Metrics that the neighbours on the machine change.
SPEEDS = ("tokens_per_s", "seconds")
#: Nats a token: an excess over the floor below this is no luck of the validation text, where a good model's comes out
#: within a few thousandths of 0.
BELOW_FLOOR = -0.02


def unsound(arm: Sample, control: Sample, metric: str, rule: Rule | None = None) -> str:
    """Why the comparison is invalid, in one sentence; empty where it is sound. Without a `rule` nothing is decided."""
    both = arm.runs + control.runs
    shared = {run.trial_id for run in arm.runs} & {run.trial_id for run in control.runs}
    if shared:
        return (
            f"{len(shared)} of the arm's trials are the control's own: the arm's diff changes nothing that is trained"
        )
    for who, sample in (("arm", arm), ("control", control)):
        counts = Counter(run.seed for run in sample.runs)
        twice = [seed for seed, count in counts.items() if count > 1]
        if twice:
            return f"the {who} has {labels(twice)} more than once, and a seed counts once"
    for who, sample in (("arm", arm), ("control", control)):
        impossible = [run for run in sample.runs if run.excess is not None and run.excess < BELOW_FLOOR]
        if impossible:
            least = min(run.excess for run in impossible if run.excess is not None)
            return (
                f"{labels(run.seed for run in impossible)} of the {who} ended below the loss that no model can beat "
                f"(excess {least:.3f}): it sees what it should predict; see tinker verify"
            )
    environments = sorted({run.environment for run in both if run.environment is not None})
    if len(environments) > 1 and (rule is None or rule.blocks == "none"):
        return f"the runs come from unlike machines or library versions ({', '.join(environments)}): run all on one"
    if len(environments) > 1 and not arm.by_block.keys() & control.by_block.keys():
        return f"arm and control share no kind of machine ({', '.join(environments)}), so there is nothing to compare"
    steps = sorted({run.steps for run in both if run.steps is not None})
    if len(steps) > 1:
        return (
            f"the runs end at different steps ({', '.join(map(str, steps))}), so their final values cannot be compared"
        )
    if metric in SPEEDS and any(run.packed for run in both):
        return f"{metric} of trials that shared their machine is not their own: run one trial at a time to compare it"
    for who, sample in (("arm", arm), ("control", control)):
        if sample.count("failed"):
            causes = sorted({run.cause for run in sample.runs if run.outcome == "failed" and run.cause})
            why = f" ({causes[0]})" if causes else ""
            return f"incomplete: {labels(sample.seeds('failed'))} of the {who} failed{why}; they have to run again"
        if sample.count("unmeasured"):
            return f"{labels(sample.seeds('unmeasured'))} of the {who} ended without a value of {metric}"
    if rule is not None and rule.diverged == "cap" and (arm.count("diverged") or control.count("diverged")):
        return "a diverged run counts as guessing, and the loss of that is not known: the rows have no vocab_size"
    return _unbalanced(arm, control)


def _unbalanced(arm: Sample, control: Sample) -> str:
    """A grid that is not finished is comparable only where whole seed blocks are finished on both sides."""
    if not arm.ended or not control.ended:
        who = "the arm" if not arm.ended else "the control"
        return f"incomplete: no run of {who} has finished"
    planned = {run.seed for run in arm.runs} & {run.seed for run in control.runs}
    lone = planned & (set(arm.ended) ^ set(control.ended))
    if lone:
        return f"incomplete: {labels(lone)} finished on one side only; the other side has to run too"
    return ""


def partial(arm: Sample, control: Sample) -> str:
    """What a balanced comparison still lacks; empty where all seeds have ended."""
    missing = arm.seeds("unfinished") + control.seeds("unfinished")
    return f"not all planned seeds have finished ({labels(missing)} missing)" if missing else ""
