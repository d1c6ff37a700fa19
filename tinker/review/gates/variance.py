"""Are seeds as calm as the rule asks? Of the validation loss itself: an excess over a floor is a small difference,
whose noise is large beside it however good the training is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isfinite
from statistics import fmean, stdev

from tinker.report.numbers import percent
from tinker.review.evidence import Evidence, Place, Row
from tinker.review.finding import Finding
from tinker.stats.sample import labels

LOSS = "val_loss"
SPREAD, TWO = "seed variance", "control repeats"


def spread(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """The sd over seeds of each arm, and of the control, is at most `max_seed_cv` of its mean."""
    most, metric = evidence.analysis.rule.max_seed_cv, _metric(place, evidence)
    calm: dict[str, float] = {}
    failed = False
    for arm in place.runs:
        unmeasured = [row for row in place.runs[arm] if row["status"] == "done" and row[metric] is None]
        values = [row[metric] for row in _measured(place.runs[arm], metric)]
        found = _part(stdev(values), fmean(values)) if len(values) > 1 else None
        if unmeasured:
            text = f"{arm}: {_seeds(unmeasured)} without a {metric}, on which this rests"
        elif found is not None and found > most:
            text = f"{arm}: {percent(found)} of its mean {metric} over {len(values)} seeds, more than {percent(most)}"
        else:
            calm |= {} if found is None else {arm: found}
            continue
        failed = True
        yield Finding(SPREAD, "FAILED", text, place.concerned(arm), place.key)
    unknown = [arm for arm in place.runs if len(_measured(place.runs[arm], metric)) < 2]
    if unknown:
        text = f"not known of {len(unknown)} arms with fewer than two values of {metric}"
        yield Finding(SPREAD, "note", text, place=place.key)
    if calm and not failed:
        yield Finding(SPREAD, "ok", f"{_largest(calm, place.control)} of {percent(most)}{_of(metric)}", None, place.key)


def two_seeds(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """The first two seeds of the control end within `max_seed_cv` of each other.

    First in the plan, whatever the order of the rows; of runs from elsewhere, which have no plan, by their number.
    """
    most, metric = evidence.analysis.rule.max_seed_cv, _metric(place, evidence)
    planned = [(cell["seed_init"], cell["seed_data"]) for cell in evidence.cells(place, place.control)]
    pairs = list(dict.fromkeys(sorted(planned) if evidence.imported else planned))[:2]
    rows = {(row["seed_init"], row["seed_data"]): row for row in place.runs.get(place.control, ())}
    first = [rows[pair] for pair in pairs if pair in rows]
    if len(first) < 2:
        text = "the control has fewer than two seeds" if len(pairs) < 2 else f"{labels(pairs)} have not both a row"
        yield Finding(TWO, "note", text, place=place.key)
        return
    both = _measured(first, metric)
    if len(both) == 2:
        a, b = (row[metric] for row in both)
        apart = _part(abs(a - b), (a + b) / 2)
        over = apart > most
        text = f"{_seeds(first)} end {percent(apart)} apart, {'more than' if over else 'of'} {percent(most)}"
        yield Finding(TWO, "FAILED" if over else "ok", f"{text}{_of(metric)}", None, place.key)
    elif any(row["status"] in ("done", "diverged") for row in first if row not in both):
        text = f"{_seeds(first)} did not both end with a finite {metric}"
        yield Finding(TWO, "FAILED", text, None, place.key)
    else:
        yield Finding(TWO, "note", f"{_seeds(first)} have not both ended", place=place.key)


def _metric(place: Place, evidence: Evidence) -> str:
    """The validation loss; of runs from elsewhere that have none, what the rule measures."""
    has_loss = any(row[LOSS] is not None for runs in place.runs.values() for row in runs)
    return LOSS if has_loss else evidence.analysis.rule.metric


def _measured(rows: Sequence[Row], metric: str) -> list[Row]:
    return [row for row in rows if row["status"] == "done" and row[metric] is not None and isfinite(row[metric])]


def _part(size: float, mean: float) -> float:
    if size == 0:
        return 0.0
    return size / abs(mean) if mean else inf


def _largest(calm: dict[str, float], control: str) -> str:
    arms = {arm: part for arm, part in calm.items() if arm != control}
    said = [f"control {percent(calm[control])}"] if control in calm else []
    if arms:
        worst = max(arms, key=lambda arm: arms[arm])
        said.append(f"largest arm {percent(arms[worst])} ({worst})")
    return ", ".join(said)


def _of(metric: str) -> str:
    return "" if metric == LOSS else f", of {metric}: the runs have no {LOSS}"


def _seeds(rows: Sequence[Row]) -> str:
    return labels((row["seed_init"], row["seed_data"]) for row in rows)
