"""The arms of one corpus and scale on the deciding metric: tested, corrected together, seen at the declared looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tinker.errors import UserError
from tinker.stats.anytime import at_any_time
from tinker.stats.holm import holm
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.sequential import adjusted_p, control_at_looks, information_times, nominal_levels
from tinker.stats.soundness import unsound
from tinker.stats.tested import Tested, direction, left_out, tested
from tinker.stats.tost import not_worse, tost


@dataclass(frozen=True)
class Judged:
    """One arm with all that a verdict rests on.

    Attributes:
        arm, control: the runs that were compared; at a look, those that belong to it.
        problem: why the comparison is unsound; empty if it is sound.
        p, p_equivalent, p_not_worse: corrected for the looks and for the other arms.
        look: seeds an arm at the look that this is; None where no looks are declared, 0 before the first.
        e_value: of the e-process, in anytime mode.
    """

    arm: Sample
    control: Sample
    problem: str
    test: Tested | None
    p: float | None = None
    p_equivalent: float | None = None
    p_not_worse: float | None = None
    look: int | None = None
    e_value: float | None = None

    def decided(self, rule: Rule) -> bool:
        """Whether no more seeds of this arm are needed."""
        enough = [self.p, self.p_equivalent, *([self.p_not_worse] if rule.accept == "not_worse" else [])]
        return any(p is not None and p <= rule.alpha for p in enough)


def judge(arms: Mapping[str, Sample], control: Sample, rule: Rule) -> dict[str, Judged]:
    """Every arm of the family, in the order given."""
    if rule.looks:
        return _at_looks(arms, control, rule)
    found = {}
    for name, arm in arms.items():
        problem = unsound(arm, control, rule.metric, rule)
        if rule.anytime and not problem:
            seen = at_any_time(arm, control, rule)
            found[name] = Judged(arm, control, "", seen.test, seen.p, seen.p_equivalent, seen.p_not_worse, None, seen.e)
        else:
            found[name] = _fixed(arm, control, problem, rule, rule.alpha)
    return _corrected(found, rule)


def _fixed(arm: Sample, control: Sample, problem: str, rule: Rule, alpha: float) -> Judged:
    """One test, not corrected for anything."""
    test = None if problem else tested(arm, control, rule, alpha)
    if test is None:
        return Judged(arm, control, problem, None)
    judged = Judged(arm, control, "", test, None if _barred(test, arm, control, rule) else test.p)
    if test.effect is None:
        return judged
    return replace(
        judged,
        p_equivalent=tost(test.effect, rule.min_effect),
        p_not_worse=not_worse(test.effect, rule.min_effect, rule.lower),
    )


def _barred(test: Tested, arm: Sample, control: Sample, rule: Rule) -> bool:
    """Whether the test cannot count, since it favours the side whose diverged runs it leaves out.

    Such an arm has no p: it counts among the arms that are corrected together like one that shows nothing.
    """
    missing, sign = left_out(arm, control, rule), direction(test, arm, control, rule)
    return (sign > 0 and missing[0] > 0) or (sign < 0 and missing[1] > 0)


def _corrected(found: Mapping[str, Judged], rule: Rule) -> dict[str, Judged]:
    """Each of the three p corrected over the arms."""
    if rule.correction == "none":
        return dict(found)
    columns = [holm([getattr(j, which) for j in found.values()]) for which in ("p", "p_equivalent", "p_not_worse")]
    return {
        name: replace(judged, p=p, p_equivalent=equivalent, p_not_worse=no_worse)
        for (name, judged), p, equivalent, no_worse in zip(found.items(), *columns, strict=True)
    }


def _at_looks(arms: Mapping[str, Sample], control: Sample, rule: Rule) -> dict[str, Judged]:
    """Each arm at the look that decided it, else at the last one whose seeds have all ended.

    An arm's p at a look is corrected for the looks first, and then over the arms: Holm needs no more than valid p.
    Source: Glimm, Maurer & Bretz, Statistics in Medicine 29 (2010) 219-228.
    """
    sizes = control_at_looks(rule.looks, len(control.runs))
    times = information_times(rule.looks, len(control.runs))
    try:
        levels = nominal_levels(times, rule.alpha)
    except ValueError as error:  # grids are checked when they are loaded; imports have the control that they have
        raise UserError(
            f"decide.looks: {list(rule.looks)} beside {len(control.runs)} runs of the control: {error}"
        ) from None
    seen: dict[str, list[Judged]] = {name: [] for name in arms}
    shown = {name: Judged(arm.first(0), control.first(0), "", None, look=0) for name, arm in arms.items()}
    for look, size, level in zip(rule.looks, sizes, levels, strict=True):
        for name, arm in arms.items():
            part = arm.first(look)
            shared = control.first(size, before=part)
            there = len(part.runs) == look and part.finished and shared.finished
            if there and len(seen[name]) == rule.looks.index(look):
                problem = unsound(part, shared, rule.metric, rule)
                seen[name].append(replace(_fixed(part, shared, problem, rule, level), look=look))
        now = _corrected({name: _over_looks(looks, shown[name], times) for name, looks in seen.items()}, rule)
        for name, judged in now.items():
            if not shown[name].decided(rule) and not shown[name].problem:
                shown[name] = judged
    return shown


def _over_looks(looks: Sequence[Judged], before: Judged, times: tuple[float, ...]) -> Judged:
    """The latest look with its p corrected for those up to it."""
    if not looks:
        return before
    return replace(
        looks[-1],
        p=adjusted_p([look.p for look in looks], times),
        p_equivalent=adjusted_p([look.p_equivalent for look in looks], times, sides=1),
        p_not_worse=adjusted_p([look.p_not_worse for look in looks], times, sides=1),
    )
