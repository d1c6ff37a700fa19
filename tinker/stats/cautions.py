"""Warnings that stand beside a comparison: true of it, worth knowing, not enough to refuse it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tinker.stats.rule import Rule
from tinker.stats.sample import Run, Sample, labels

Row = Mapping[str, Any]
#: Numbers of runs that differ by more than this factor are unlike.
UNLIKE = 1.5
#: An arm whose parameters or FLOPs differ from the control's by more than this part is of another size.
SAME_SIZE = 0.01


def cautions(arm_rows: Sequence[Row], arm: Sample) -> list[str]:
    """Of one arm (the control too): its runs and their provenance."""
    said = []
    if arm.count("diverged"):
        said.append(
            f"{arm.count('diverged')} of {len(arm.runs)} runs diverged; mean and sd are of the survivors: biased"
        )
    elif arm.diverged:
        said.append(f"{arm.diverged} of {len(arm.runs)} runs diverged and count as guessing, with a loss of ln V")
    not_finite = [run.seed for run in arm.runs if run.diverged and _claims_done(arm_rows, run)]
    if not_finite:
        said.append(f"{labels(not_finite)} ended with a value that is not finite: counted as diverged")
    counts = Counter(arm.values)
    if any(count > 1 for count in counts.values()):
        said.append("seeds agree to the last digit: does the seed reach the training, or were values rounded?")
    if len(arm.values) == 2:
        said.append("two seeds: the sd between seeds is hardly known")
    if len({row["code_fingerprint"] for row in arm_rows} - {None}) > 1:
        said.append("the runs were made by more than one version of the code")
    if any(row["git_dirty"] for row in arm_rows):
        said.append("made by code that was not committed")
    retried = [(row["seed_init"], row["seed_data"]) for row in arm_rows if (row["attempts"] or 0) > 1]
    if retried:
        kinds = sorted({cause.partition(": ")[0] for row in arm_rows for cause in row.get("causes") or ()})
        why = f" ({', '.join(kinds)})" if kinds else ""
        said.append(f"{labels(retried)} took more than one attempt{why}")
    return said


def _claims_done(rows: Iterable[Row], run: Run) -> bool:
    return any(row["trial_id"] == run.trial_id and row["status"] == "done" for row in rows)


def test_cautions(arm: Sample, control: Sample, rule: Rule) -> list[str]:
    """Of the declared test: what it takes for granted, where that is not given."""
    said = []
    few, many = sorted((len(arm.values), len(control.values)))
    if rule.test != "t" and rule.pairing == "none" and few > 1 and many > UNLIKE * few:
        said.append(
            f"a {rule.test} test takes the sd of both sides for equal: with {few} runs against {many} it errs more"
            " often than alpha where the few vary more (.09 at 1.3 times the sd, 5 against 20)"
        )
    if rule.blocks == "hardware":
        both = arm.by_block.keys() | control.by_block.keys()
        alone = sorted(b for b in both if min(len(side.by_block.get(b, ())) for side in (arm, control)) < 2)
        if alone:
            said.append(f"fewer than two runs on a side, so not compared within: {', '.join(alone)}")
    return said


def size_cautions(params_ratio: float | None, flops_ratio: float | None, changes_scale: bool) -> list[str]:
    """Of an arm against its control: another size, which may be what makes the difference."""
    said = ["the arm changes what the scale sets"] if changes_scale else []
    ratios = (("parameters", params_ratio), ("FLOPs a token", flops_ratio))
    other = [f"{r:.3g} times the {what}" for what, r in ratios if r is not None and abs(r - 1.0) > SAME_SIZE]
    return [*said, f"{' and '.join(other)} of the control"] if other else said
