"""Is every planned seed there?"""

from __future__ import annotations

from collections.abc import Iterator

from tinker.review.evidence import Evidence, Place, Row
from tinker.review.finding import Finding
from tinker.stats.sample import labels

GATE = "seeds"


def seeds(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """No failed run, and none still to come unless the rule may decide before all have ended."""
    rule, complete = evidence.analysis.rule, True
    may_stop = bool(rule.looks) or rule.anytime
    rows = [row for runs in place.runs.values() for row in runs]
    for arm, runs in place.runs.items():
        if not runs:
            complete = False
            yield Finding(GATE, "note", f"{arm}: no row at all", place=place.key)
        failed = [row for row in runs if row["status"] == "failed"]
        missing = [row for row in runs if row["status"] not in ("done", "diverged", "failed")]
        if failed:
            causes = sorted({row["cause"] for row in failed if row["cause"]})
            text = f"{arm}: {_seeds(failed)} failed{f' ({causes[0]})' if causes else ''}: run the grid again"
            yield Finding(GATE, "FAILED", text, place.concerned(arm), place.key)
        if missing and may_stop:
            text = f"{arm}: {_seeds(missing)} not run, as the declared looks allow"
            yield Finding(GATE, "note", text, place=place.key)
        elif missing:
            text = f"{arm}: {_seeds(missing)} missing or unfinished: run the grid again"
            yield Finding(GATE, "FAILED", text, place.concerned(arm), place.key)
        complete = complete and not failed and not missing
    if complete:
        diverged = sum(row["status"] == "diverged" for row in rows)
        text = f"all {len(rows)} runs ended" + (f", {diverged} of them diverged" if diverged else "")
        yield Finding(GATE, "ok", text, place=place.key)


def _seeds(rows: list[Row]) -> str:
    return labels((row["seed_init"], row["seed_data"]) for row in rows)
