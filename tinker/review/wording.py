"""What a review says in words, whoever lays it out."""

from __future__ import annotations

from collections import Counter

from tinker.report.numbers import percent
from tinker.report.rule_words import in_words
from tinker.review.finding import Finding
from tinker.review.judge import Judgement, Word
from tinker.review.review import Review


def rule(review: Review) -> str:
    """What decides, and what is accepted."""
    said = review.rule
    asked = "what is better" if said.accept == "better" else f"what is not worse by {said.min_effect:g}"
    return f"{in_words(said)}; accepted is {asked}; seeds may vary by {percent(said.max_seed_cv)} of their mean"


def summary(review: Review) -> str:
    """`2 accepted, 1 rejected`, and what the exit code says."""
    counts = Counter(judgement.word for judgement in review.judgements if judgement.arm in review.asked)
    done: dict[Word, str] = {
        "accept": "accepted",
        "reject": "rejected",
        "inconclusive": "inconclusive",
        "invalid": "invalid",
    }
    said = ", ".join(f"{counts[word]} {text}" for word, text in done.items() if counts[word])
    return f"{said}: {review.word}, exit code {review.exit_code}"


def subject(judgement: Judgement, review: Review) -> str:
    """The arm, and where: only a grid of several corpora or scales needs that."""
    where = f" ({judgement.corpus}, {judgement.scale})" if review.several_places else ""
    return f"{judgement.arm}{where}"


def seen(finding: Finding, review: Review) -> str:
    """What a gate found, and where."""
    where = f"{', '.join(finding.place)}: " if finding.place and review.several_places else ""
    return f"{where}{finding.text}"


def head(review: Review) -> list[tuple[str, str]]:
    """Labels and texts above a review; those without a text are left out."""
    asked = ", ".join(review.asked) if len(review.asked) < len({j.arm for j in review.judgements}) else ""
    lines = [
        ("grid", review.grid),
        ("question", review.question),
        ("rule", rule(review)),
        ("read from", review.origin),
        ("asked about", asked),
        ("judgement", summary(review)),
    ]
    return [(label, text) for label, text in lines if text]
