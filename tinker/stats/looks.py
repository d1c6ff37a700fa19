"""A grid seen at its declared looks: which arms go on after each, what the control needs for the next, what is known.

An arm's p at a look is corrected for the looks first, and then over the arms: Holm needs no more than valid p. Source:
Glimm, Maurer & Bretz, Statistics in Medicine 29 (2010) 219-228. An arm that has stopped keeps its p among the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tinker.errors import UserError
from tinker.stats.family import Hopeless, Judged, corrected, fixed
from tinker.stats.futility import chance
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.sequential import Times, adjusted_p, nominal_levels
from tinker.stats.shares import at_look, declared_times
from tinker.stats.soundness import unsound


@dataclass(frozen=True)
class Stage:
    """What is to run for a look: of these arms so many seeds each, and so many of the control."""

    arms: tuple[str, ...]
    seeds: int
    control: int


@dataclass(frozen=True)
class Course:
    """`judged` is every arm where it was decided, else at the last look that it has reached.

    `stages` are the looks up to the first whose runs have not all ended: all that the results so far ask for.
    """

    judged: dict[str, Judged]
    stages: tuple[Stage, ...]


def course(arms: Mapping[str, Sample], control: Sample, rule: Rule) -> Course:
    """Look after look, from the seeds alone: the same for any order of the rows, and however often it is asked.

    Raises:
        UserError: looks that the control cannot tell apart.
    """
    times, levels = _levels(rule, len(arms), len(control.runs))
    seen: dict[str, list[Judged]] = {name: [] for name in arms}
    shown = {name: Judged(arm.first(0), control.first(0), "", None, look=0) for name, arm in arms.items()}
    going, stages, ahead, size = list(arms), list[Stage](), False, 0
    for place, (look, level) in enumerate(zip(rule.looks, levels, strict=True)):
        size = at_look(rule, place, len(going), size, len(control.runs))
        for name, arm in arms.items():
            part = arm.first(look)
            shared = control.first(size, before=part)
            there = len(part.runs) == look and part.finished and shared.finished
            if there and len(seen[name]) == place:
                problem = unsound(part, shared, rule.metric, rule)
                seen[name].append(replace(fixed(part, shared, problem, rule, level), look=look))
        now = corrected({name: _over_looks(looks, shown[name], times) for name, looks in seen.items()}, rule)
        for name, judged in now.items():
            if not shown[name].decided(rule) and not shown[name].problem:
                shown[name] = replace(judged, hopeless=shown[name].hopeless)
        # An arm with a failed run waits for it, and counts as going on: its repair moves no other arm's control.
        able = tuple(name for name in going if not shown[name].problem or shown[name].look == look)
        if not ahead and able:
            stages.append(Stage(able, look, size))
        ahead = ahead or any(len(seen[name]) <= place for name in able)
        if ahead and rule.by_need:
            break  # who goes on is not known, nor therefore what the control needs
        if not ahead:
            _stop(shown, going, place, times, rule)
            going = [name for name in going if not shown[name].decided(rule) and shown[name].hopeless is None]
    return Course(shown, tuple(stages))


def _levels(rule: Rule, arms: int, control: int) -> tuple[Times, tuple[float, ...]]:
    times = declared_times(rule, arms, control)
    try:
        return times, nominal_levels(times, rule.alpha)
    except ValueError as error:  # grids are checked when they are loaded; imports have the control that they have
        raise UserError(f"decide.looks: {list(rule.looks)} beside {control} runs of the control: {error}") from None


def _stop(shown: dict[str, Judged], going: Sequence[str], place: int, times: Times, rule: Rule) -> None:
    """Marks the arms for which it is hopeless to go on after this look."""
    if rule.futility is None or place + 1 == len(rule.looks):
        return
    left = sum(judged.p is None or judged.p > rule.alpha for judged in shown.values())
    for name in going:
        judged = shown[name]
        if judged.test is None or judged.decided(rule):
            continue
        found = chance(judged.arm, judged.control, judged.test, rule, times[place], times, left)
        if found is not None and found < rule.futility:
            shown[name] = replace(judged, hopeless=Hopeless(rule.looks[place], found))


def _over_looks(looks: Sequence[Judged], before: Judged, times: Times) -> Judged:
    """The latest look with its p corrected for those up to it."""
    if not looks:
        return before
    return replace(
        looks[-1],
        p=adjusted_p([look.p for look in looks], times),
        p_equivalent=adjusted_p([look.p_equivalent for look in looks], times, sides=1),
        p_not_worse=adjusted_p([look.p_not_worse for look in looks], times, sides=1),
    )
