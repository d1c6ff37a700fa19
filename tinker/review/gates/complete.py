"""Is every planned seed there?"""

from __future__ import annotations

from collections.abc import Iterator

from tinker.report.spared import spared_in
from tinker.review.evidence import Evidence, Place, Row
from tinker.review.finding import Finding
from tinker.stats.sample import labels

GATE = "seeds"


def seeds(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """No failed run, and none still to come unless the rule may decide before all have ended."""
    rule, complete = evidence.analysis.rule, True
    spared = spared_in(evidence.analysis.trials, rule).trials
    rows = [row for runs in place.runs.values() for row in runs]
    for arm, runs in place.runs.items():
        if not runs:
            complete = False
            yield Finding(GATE, "note", f"{arm}: no row at all", place=place.key)
        failed = [row for row in runs if row["status"] == "failed"]
        unfinished = [row for row in runs if row["status"] not in ("done", "diverged", "failed")]
        over = [row for row in unfinished if row["trial_id"] in spared]
        missing = [row for row in unfinished if row["trial_id"] not in spared]
        if failed:
            causes = sorted({row["cause"] for row in failed if row["cause"]})
            text = f"{arm}: {_seeds(failed)} failed{f' ({causes[0]})' if causes else ''}: run the grid again"
            yield Finding(GATE, "FAILED", text, place.concerned(arm), place.key)
        if over:
            text = f"{arm}: {_seeds(over)} not run: no decision waits for them"
            yield Finding(GATE, "note", text, place=place.key)
        if missing and (rule.looks or rule.anytime):
            text = f"{arm}: {_seeds(missing)} still to come, as the declared looks allow"
            yield Finding(GATE, "note", text, place=place.key)
        elif missing:
            text = f"{arm}: {_seeds(missing)} missing or unfinished: run the grid again"
            yield Finding(GATE, "FAILED", text, place.concerned(arm), place.key)
        complete = complete and not failed and not unfinished
    if complete:
        diverged = sum(row["status"] == "diverged" for row in rows)
        text = f"all {len(rows)} runs ended" + (f", {diverged} of them diverged" if diverged else "")
        yield Finding(GATE, "ok", text, place=place.key)


def _seeds(rows: list[Row]) -> str:
    return labels((row["seed_init"], row["seed_data"]) for row in rows)
