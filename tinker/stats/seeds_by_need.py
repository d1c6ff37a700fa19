"""Which trials a grid needs by what is known: all of them, those of the next look, or those of the next block of seeds.

One answer for whoever runs trials, reports on them, or asks whether some are missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from tinker.stats.family import Judged, corrected
from tinker.stats.judge import any_time, finished_blocks, first_blocks
from tinker.stats.looks import course
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.tested import direction

Row = Mapping[str, Any]
Arms = Mapping[str, Sample]
#: States of a trial whose outcome is known; a failed one is to run again.
ENDED = ("done", "diverged")
#: Runs of some arms, and of the control.
Runs = tuple[dict[str, Sample], Sample]


@dataclass(frozen=True)
class Need:
    """Of one corpus and scale.

    Attributes:
        stages: ids of the trials of each stage, those of the stages before it left out: what is to run, one stage after
            another, as far as the results tell. The last one may be done already.
        stopped: why no more seeds of an arm are needed, by arm; arms that have or want all their seeds are not there.
        not_needed: rows of planned trials that have not ended and will not have to: of arms that stopped, and, when all
            stages have ended, of the control.
    """

    stages: tuple[tuple[str, ...], ...]
    stopped: dict[str, str]
    not_needed: tuple[Row, ...]


def seeds_by_need(trials: Sequence[Row], rule: Rule) -> list[Need]:
    """What each corpus and scale needs, from rows of trials.parquet: one for each planned trial, in any order.

    Raises:
        UserError: looks that the control cannot tell apart.
    """
    places: dict[tuple[str, str], list[Row]] = {}
    for row in trials:
        places.setdefault((row["corpus"], row["scale"]), []).append(row)
    return [_need(rows, rule) for rows in places.values()]


def next_seeds(trials: Sequence[Row], rule: Rule) -> list[str] | None:
    """Ids of the trials that are to run now, those of a failed run included; None when nothing is left to do."""
    ended = {row["trial_id"] for row in trials if row["status"] in ENDED}
    stages = (stage for need in seeds_by_need(trials, rule) for stage in need.stages)
    lacking = ([trial for trial in stage if trial not in ended] for stage in stages)
    return next((trials for trials in lacking if trials), None)


def _need(rows: Sequence[Row], rule: Rule) -> Need:
    arms: dict[str, list[Row]] = {}
    for row in rows:
        arms.setdefault(row["arm"], []).append(row)
    controls = [name for name, runs in arms.items() if runs[0]["is_control"]]
    samples = {name: Sample.of(runs, rule.metric, rule.diverged == "cap") for name, runs in arms.items()}
    if len(samples) < 2 or len(controls) != 1 or not (rule.looks or rule.anytime):
        return Need((tuple(run.trial_id for sample in samples.values() for run in sample.runs),), {}, ())
    control = samples.pop(controls[0])
    wanted, stopped = _at_looks(samples, control, rule) if rule.looks else _any_time(samples, control, rule)
    stages, known = list[tuple[str, ...]](), set[str]()
    for parts, shared in wanted:
        runs = [run.trial_id for sample in (shared, *parts.values()) for run in sample.runs]
        stages.append(tuple(run for run in runs if run not in known))
        known |= set(runs)
    still_open = any(row["status"] not in ENDED for row in rows if row["trial_id"] in known)
    settled = {*stopped, *([] if still_open else controls)}
    over = (row for row in rows if row["trial_id"] not in known and row["arm"] in settled)
    return Need(
        tuple(stage for stage in stages if stage), stopped, tuple(row for row in over if row["status"] not in ENDED)
    )


def _at_looks(arms: Arms, control: Sample, rule: Rule) -> tuple[list[Runs], dict[str, str]]:
    found = course(arms, control, rule)
    wanted = []
    for stage in found.stages:
        parts = {name: arms[name].first(stage.seeds) for name in stage.arms}
        wanted.append((parts, control.first(stage.control, before=next(iter(parts.values())))))
    stopped = {}
    for name, judged in found.judged.items():
        early = judged.look is not None and judged.look < rule.looks[-1]
        if early and judged.hopeless is not None and not judged.decided(rule):
            stopped[name] = f"hopeless at look {judged.hopeless.look}: chance {judged.hopeless.chance:.2g}"
        elif early and judged.decided(rule):
            stopped[name] = f"decided {_word(judged, rule)} at look {judged.look}"
    return wanted, stopped


def _any_time(arms: Arms, control: Sample, rule: Rule) -> tuple[list[Runs], dict[str, str]]:
    """Block after block; an arm of which a run failed waits for it and is asked for no more."""
    going, wanted, stopped = dict(arms), list[Runs](), dict[str, str]()
    for block in count(1):
        going = {name: arm for name, arm in going.items() if block <= min(len(arm.runs), len(control.runs))}
        if not going:
            break
        parts = {name: first_blocks(arm, control, block) for name, arm in going.items()}
        shared = max((part[1] for part in parts.values()), key=lambda sample: len(sample.runs))
        wanted.append(({name: part[0] for name, part in parts.items()}, shared))
        if any(finished_blocks(arm, control) < block for arm in going.values()):
            break
        seen = {name: _until(arm, control, block, rule) for name, arm in arms.items()}
        for name, judged in corrected(seen, rule).items():
            if name in going and (judged.problem or judged.decided(rule)):
                del going[name]
                if not judged.problem and block < len(arms[name].runs):
                    stopped[name] = f"decided {_word(judged, rule)} after {len(judged.arm.ended)} seeds"
    return wanted, stopped


def _until(arm: Sample, control: Sample, block: int, rule: Rule) -> Judged:
    """The arm as it was seen after that block, or after the last one before it that it has."""
    part, shared = first_blocks(arm, control, block)
    return any_time(_as_if(arm, part), _as_if(control, shared), rule)


def _as_if(sample: Sample, part: Sample) -> Sample:
    """All planned runs, those that are not in the part still to come: the shares of the blocks are of the plan."""
    seeds = {run.seed for run in part.runs}
    later = (run if run.seed in seeds else replace(run, outcome="unfinished", value=None) for run in sample.runs)
    return Sample(tuple(later))


def _word(judged: Judged, rule: Rule) -> str:
    """The verdict on an arm that is decided."""
    if judged.p_equivalent is not None and judged.p_equivalent <= rule.alpha:
        return "equivalent"
    if judged.p is not None and judged.p <= rule.alpha and judged.test is not None:
        return "better" if direction(judged.test, judged.arm, judged.control, rule) > 0 else "worse"
    return "not worse"
