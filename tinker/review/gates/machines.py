"""Do all runs that are compared come from one kind of machine, and were they trained in one way?"""

from __future__ import annotations

from collections.abc import Iterator

from tinker.review.evidence import Evidence, Place
from tinker.review.finding import Finding, listed

GATE, FUSED = "hardware", "fused seeds"


def hardware(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """Unlike machines or libraries change numbers by themselves; the rule may compare within each kind instead."""
    classes = {arm: _classes(place, arm) for arm in place.runs}
    control = classes.get(place.control, set())
    every = sorted(set().union(*classes.values()))
    unknown = sum(row["environment_class"] is None for arm in place.runs for row in place.ended(arm))
    if unknown:
        yield Finding(GATE, "note", f"not known of {unknown} runs", place=place.key)
    if evidence.analysis.rule.blocks == "hardware":
        text = f"{len(every)} kinds, compared within each: {listed(every)}" if len(every) > 1 else f"all on {every[0]}"
        yield Finding(GATE, "ok", text if every else "nothing has run", place=place.key)
        return
    mixed = [place.control] if len(control) > 1 else [arm for arm in place.arms if len(classes[arm] | control) > 1]
    for arm in mixed:
        whose = "the control's runs" if arm == place.control else f"{arm}: its runs and the control's"
        text = f"{whose} come from {listed(sorted(classes[arm] | control))}, and the rule has no `blocks: hardware`"
        yield Finding(GATE, "FAILED", text, place.concerned(arm), place.key)
    if not mixed and every:
        yield Finding(GATE, "ok", f"all on {listed(every)}", place=place.key)


def one_way(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """Seeds that are trained as one program are rounded otherwise than alone: not what is compared, but to be known."""
    ways = {arm: {row.get("fused") is not None for row in place.ended(arm)} for arm in place.runs}
    control = ways.get(place.control, set())
    mixed = [arm for arm in place.arms if len(ways[arm] | control) > 1]
    for arm in mixed:
        text = f"of the runs of {arm} and the control some were trained as one program with other seeds, some alone"
        yield Finding(FUSED, "note", text, place.concerned(arm), place.key)
    if not mixed and True in control:
        yield Finding(FUSED, "ok", "all were trained as one program with other seeds of their arm", place=place.key)


def _classes(place: Place, arm: str) -> set[str]:
    return {row["environment_class"] for row in place.ended(arm)} - {None}
