"""Is each seed a run of its own?"""

from __future__ import annotations

from collections.abc import Iterator

from tinker.review.evidence import Evidence, Place, Row
from tinker.review.finding import Finding
from tinker.stats.sample import labels

GATE = "copies"


def copies(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """No two seeds of an arm ended with the same values in every metric: such a run counts twice, however it came.

    Of tinker's own runs: a metric from elsewhere may be an accuracy of few digits.
    """
    metrics = sorted({row["metric"] for row in evidence.analysis.comparisons})
    clean = True
    for arm in place.runs:
        groups: dict[tuple[float | None, ...], list[Row]] = {}
        for row in place.own(arm):
            values = tuple(row.get(metric) for metric in metrics)
            if row["status"] == "done" and any(value is not None for value in values):
                groups.setdefault(values, []).append(row)
        same = [rows for rows in groups.values() if len({(row["seed_init"], row["seed_data"]) for row in rows}) > 1]
        if same:
            clean = False
            seeds = labels((row["seed_init"], row["seed_data"]) for row in same[0])
            text = f"{arm}: {seeds} ended with the same values in every metric, to the last digit"
            yield Finding(GATE, "FAILED", text, place.concerned(arm), place.key)
    if clean:
        yield Finding(GATE, "ok", "no two seeds of an arm have the same values", place=place.key)
