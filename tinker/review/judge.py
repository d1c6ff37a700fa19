"""Accept, reject, inconclusive or invalid: the judgement on an arm, with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tinker.review.evidence import Place, Row
from tinker.review.finding import Finding
from tinker.stats.rule import Rule

Word = Literal["accept", "reject", "inconclusive", "invalid"]

#: What the rule's `accept` makes of a verdict; any other is not decided.
DECIDED: dict[str, dict[str, Word]] = {
    "better": {"better": "accept", "worse": "reject", "equivalent": "reject"},
    "not_worse": {"better": "accept", "equivalent": "accept", "not worse": "accept", "worse": "reject"},
}
REFUSED = ("invalid", "exploratory")


@dataclass(frozen=True)
class Judgement:
    """Of one arm at one corpus and scale; `compared` is its row of comparisons.parquet, None if it has none."""

    arm: str
    corpus: str
    scale: str
    word: Word
    reasons: tuple[str, ...]
    compared: Row | None


def judge(place: Place, arm: str, rule: Rule, findings: Sequence[Finding]) -> Judgement:
    """The gates come first: of what fails one, the verdict says nothing."""
    row = place.compared.get(arm)
    refusing = [finding for finding in findings if finding.refuses(arm, place.key)]
    failed = [f"{finding.gate}: {finding.text}" for finding in refusing]
    refused = row is not None and row["verdict"] in REFUSED
    if row is None or refused or failed:
        said = []
        if row is not None and refused and not any(finding.text in row["reason"] for finding in refusing):
            said = [_said(row, rule)]  # what a gate has not said already
        return Judgement(arm, *place.key, "invalid", (*failed, *said), row)
    word = DECIDED[rule.accept].get(row["verdict"], "inconclusive")
    return Judgement(arm, *place.key, word, (_said(row, rule),), row)


def _said(row: Row, rule: Rule) -> str:
    """The verdict (but for one that the judgement repeats) and its reason; and where the rule asks for more, that."""
    verdict: str = row["verdict"]
    reason: str = row["reason"]
    if rule.accept == "better" and verdict == "equivalent":
        verdict = "equivalent, no difference that matters"
    if rule.accept == "better" and verdict == "not worse":
        verdict = "not worse, and the rule accepts what is better"
    return reason if verdict == "inconclusive" else f"{verdict}: {reason}"
