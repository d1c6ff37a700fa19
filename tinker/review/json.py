"""A review for programs: every figure in full."""

from __future__ import annotations

from tinker.review.evidence import Row
from tinker.review.review import Review
from tinker.store.strict_json import encode

#: Of an arm's row of comparisons.parquet.
FIGURES = ("verdict", "reason", "warnings", "metric", "difference", "low", "high", "p", "p_adjusted", "n", "mean", "sd")


def render(review: Review) -> str:
    """JSON with sorted keys: equal reviews give equal text."""
    content = {
        "grid": review.grid,
        "question": review.question,
        "read_from": review.origin,
        "rule_hash": review.rule.hash,
        "accept": review.rule.accept,
        "max_seed_cv": review.rule.max_seed_cv,
        "judgement": review.word,
        "exit_code": review.exit_code,
        "asked": review.asked,
        "arms": [
            {
                "arm": judgement.arm,
                "corpus": judgement.corpus,
                "scale": judgement.scale,
                "judgement": judgement.word,
                "reasons": judgement.reasons,
                **_figures(judgement.compared),
            }
            for judgement in review.judgements
        ],
        "gates": [
            {
                "gate": finding.gate,
                "state": finding.state,
                "text": finding.text,
                "arms": finding.arms,
                "place": finding.place,
            }
            for finding in review.findings
        ],
    }
    return encode(content).decode()


def _figures(row: Row | None) -> Row:
    return {name: None if row is None else row[name] for name in FIGURES}
