"""What each arm's tuning really got, counted over its trials, and whether the arms got the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinker.report.numbers import ratio

Tuning = Mapping[str, Any]
Pair = tuple[int, int]
#: FLOPs that differ by less than this part are called equal.
EQUAL = 0.005


@dataclass(frozen=True)
class Effort:
    """Of one arm.

    Attributes:
        configurations: that were asked for so far.
        ended: those of them that need no further trial.
        seeds: that every one of them was run with, or is to be.
        others: configurations with other seeds than the first one.
        trials: a configuration's seeds with a result; a rung goes on from the one before, so it is the same trial.
        steps, seconds, flops: of these, from step 0 to the last rung that has a result.
        lost: configurations without a mean, since a seed diverged or failed.
        stopped: configurations that pruning stopped early.
    """

    arm: str
    configurations: int
    ended: int
    seeds: tuple[Pair, ...]
    others: int
    trials: int
    steps: int
    seconds: float
    flops: float
    lost: int
    stopped: int

    @classmethod
    def of(cls, arm: Mapping[str, Any], tuning: Tuning) -> Effort:
        """From an entry of `tuning["arms"]`."""
        tried = arm["configurations"]
        seeds = [_seeds(each) for each in tried]
        furthest = [trial for each in tried for trial in _furthest(each)]
        return cls(
            arm=arm["name"],
            configurations=len(tried),
            ended=sum(has_ended(each, tuning["steps"]) for each in tried),
            seeds=seeds[0] if seeds else (),
            others=sum(each != seeds[0] for each in seeds),
            trials=len(furthest),
            steps=sum(trial["steps"] for trial in furthest),
            seconds=sum(trial["seconds"] or 0.0 for trial in furthest),
            flops=sum(trial["flops"] or 0.0 for trial in furthest),
            lost=sum(is_lost(each) for each in tried),
            stopped=sum(each["stopped"] for each in tried),
        )


def efforts(tuning: Tuning) -> list[Effort]:
    """Of every arm, the control first."""
    return [Effort.of(arm, tuning) for arm in tuning["arms"]]


def unequal(tuning: Tuning) -> str:
    """In what the arms of a complete tuning differ that should be the same for all; empty where in nothing."""
    found, declared = efforts(tuning), {_pair(pair) for pair in tuning["seeds"]}
    counts = {each.configurations for each in found}
    if len(counts) > 1:
        return f"configurations: {', '.join(f'{each.arm} {each.configurations}' for each in found)}"
    if counts and counts != {tuning["trials"]}:
        return f"configurations: {counts.pop()} an arm, and {tuning['trials']} are declared"
    odd = [each.arm for each in found if each.others or {*each.seeds} != declared]
    return f"seeds: {', '.join(odd)} with others than declared" if odd else ""


def compute_in_words(tuning: Tuning, control: str) -> str:
    """How far apart the compute is that the arms got, in FLOPs over the control's; empty where it is not known."""
    found = {each.arm: each.flops for each in efforts(tuning)}
    base = found.pop(control, 0.0)
    if not base or not found:
        return ""
    low, high = min(found, key=lambda arm: found[arm]), max(found, key=lambda arm: found[arm])
    shares = {arm: found[arm] / base for arm in (low, high)}
    if max(abs(share - 1) for share in shares.values()) < EQUAL:
        return "All arms got the same compute, in FLOPs."
    between = f"{ratio(shares[low])} ({low}) and {ratio(shares[high])} ({high})"
    why = ", and pruning stops them at other steps" if tuning["prune"] else ""
    return f"In FLOPs the arms got between {between} of the control's: they cost unlike{why}."


def has_ended(tried: Mapping[str, Any], steps: int) -> bool:
    """Whether a configuration needs no further trial."""
    missing = any(trial["state"] == "missing" for trial in tried["trials"])
    return not missing and (tried["stopped"] or tried["rung"] == steps)


def is_lost(tried: Mapping[str, Any]) -> bool:
    """Whether a seed diverged or failed, so that it cannot win."""
    return any(trial["state"] in ("diverged", "failed") for trial in tried["trials"])


def _furthest(tried: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of each seed the trial with a result that went furthest."""
    found: dict[Pair, Mapping[str, Any]] = {}
    for trial in sorted(tried["trials"], key=lambda trial: int(trial["rung"])):
        if trial["steps"] is not None:
            found[trial["seed_init"], trial["seed_data"]] = trial
    return list(found.values())


def _seeds(tried: Mapping[str, Any]) -> tuple[Pair, ...]:
    return tuple(sorted({(trial["seed_init"], trial["seed_data"]) for trial in tried["trials"]}))


def _pair(pair: list[int]) -> Pair:
    return pair[0], pair[1]
