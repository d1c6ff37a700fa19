"""A whole review: every arm's judgement, every gate's findings, and the exit code that they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from tinker.errors import UserError
from tinker.report.budget import of_budget
from tinker.report.notes import of_grid
from tinker.report.spared import spared_in
from tinker.report.tuning.words import progress
from tinker.review.evidence import Evidence, Place
from tinker.review.finding import Finding
from tinker.review.gates import (
    code,
    complete,
    copies,
    curves,
    declared,
    history,
    known,
    machines,
    plan,
    tables,
    tuning,
    variance,
)
from tinker.review.judge import Judgement, Word, judge
from tinker.stats.rule import Rule

OF_GRID: tuple[Callable[[Evidence], Iterable[Finding]], ...] = (
    declared.rule,
    history.dates,
    plan.plan,
    declared.tuning,
    tuning.tuning,
    declared.looks,
    tables.grid_file,
    tables.agree,
    curves.owners,
)
OF_PLACE: tuple[Callable[[Place, Evidence], Iterable[Finding]], ...] = (
    tables.planned,
    complete.seeds,
    copies.copies,
    curves.values,
    variance.spread,
    variance.two_seeds,
    machines.hardware,
    machines.one_way,
    known.facts,
    code.same,
    code.committed,
    code.provenance,
)
#: The worst judgement among those asked about decides; in this order.
EXIT_CODES: dict[Word, int] = {"invalid": 3, "reject": 1, "inconclusive": 2, "accept": 0}


@dataclass(frozen=True)
class Review:
    """Judgements in the grid's order; `asked` are the arms that the exit code is about."""

    grid: str
    question: str
    origin: str
    rule: Rule
    judgements: tuple[Judgement, ...]
    findings: tuple[Finding, ...]
    asked: tuple[str, ...]

    @property
    def word(self) -> Word:
        """The worst judgement on the arms that were asked about."""
        found = {judgement.word for judgement in self.judgements if judgement.arm in self.asked}
        return next(word for word in EXIT_CODES if word in found)

    @property
    def exit_code(self) -> int:
        """0 accept, 1 reject, 2 inconclusive, 3 invalid."""
        return EXIT_CODES[self.word]

    @property
    def several_places(self) -> bool:
        """Whether there is more than one corpus or scale, so that each line has to say which."""
        return len({(judgement.corpus, judgement.scale) for judgement in self.judgements}) > 1


def _known(evidence: Evidence) -> list[str]:
    """What the report notes too; a late declaration is a gate of its own."""
    rule, trials = evidence.analysis.rule, evidence.analysis.trials
    spared = spared_in(trials, rule).trials
    return [*of_grid(evidence.grid, replace(rule, edited="")), *of_budget(evidence.grid, trials, spared)]


def review(evidence: Evidence, arms: Sequence[str] = ()) -> Review:
    """Judges every arm; the exit code is that of `arms`, or of all where none is named.

    Raises:
        UserError: no arm but the control, or a name that is none of the arms.
    """
    grid, rule = evidence.grid, evidence.analysis.rule
    untuned = progress(grid)
    if untuned:
        raise UserError(f"{grid['name']}: there is nothing to judge yet: {untuned}")
    known = list(dict.fromkeys(arm for place in evidence.places for arm in place.arms))
    if not known:
        raise UserError(f"{grid['name']}: there is nothing to judge, it has a control and no other arm")
    unknown = [arm for arm in arms if arm not in known]
    if unknown:
        raise UserError(f"--arm {unknown[0]!r} is not an arm of {grid['name']}; arms: {', '.join(known)}")
    findings = [finding for gate in OF_GRID for finding in gate(evidence)]
    findings += [finding for place in evidence.places for gate in OF_PLACE for finding in gate(place, evidence)]
    findings += [Finding("grid", "note", note) for note in (*_known(evidence), *evidence.notes)]
    judgements = [judge(place, arm, rule, findings) for place in evidence.places for arm in place.arms]
    return Review(
        grid["name"],
        grid.get("question") or "",
        evidence.origin,
        rule,
        tuple(judgements),
        tuple(findings),
        tuple(arms) or tuple(known),
    )
