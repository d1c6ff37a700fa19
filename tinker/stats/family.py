"""The arms of one corpus and scale on the deciding metric: each tested, and all corrected together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tinker.stats.holm import holm
from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.tested import Tested, direction, left_out, tested
from tinker.stats.tost import not_worse, tost


@dataclass(frozen=True)
class Hopeless:
    """At the look at so many seeds the chance to be decided by the last one was this small."""

    look: int
    chance: float


@dataclass(frozen=True)
class Judged:
    """One arm with all that a verdict rests on.

    Attributes:
        arm, control: the runs that were compared; at a look, those that belong to it.
        problem: why the comparison is unsound; empty if it is sound.
        p, p_equivalent, p_not_worse: corrected for the looks and for the other arms.
        look: seeds an arm at the look that this is; None where no looks are declared, 0 before the first.
        e_value: of the e-process, in anytime mode.
        hopeless: where and why it stopped although nothing is decided; None while there is hope.
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
    hopeless: Hopeless | None = None

    def decided(self, rule: Rule) -> bool:
        """Whether no more seeds of this arm are needed."""
        enough = [self.p, self.p_equivalent, *([self.p_not_worse] if rule.accept == "not_worse" else [])]
        return any(p is not None and p <= rule.alpha for p in enough)


def fixed(arm: Sample, control: Sample, problem: str, rule: Rule, alpha: float) -> Judged:
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


def corrected(found: Mapping[str, Judged], rule: Rule) -> dict[str, Judged]:
    """Each of the three p corrected over the arms."""
    if rule.correction == "none":
        return dict(found)
    columns = [holm([getattr(j, which) for j in found.values()]) for which in ("p", "p_equivalent", "p_not_worse")]
    return {
        name: replace(judged, p=p, p_equivalent=equivalent, p_not_worse=no_worse)
        for (name, judged), p, equivalent, no_worse in zip(found.items(), *columns, strict=True)
    }
