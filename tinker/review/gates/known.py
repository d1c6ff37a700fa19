"""Is known of every run what is known of some?"""

from __future__ import annotations

from collections.abc import Iterator

from tinker.review.evidence import Evidence, Place, Row
from tinker.review.finding import Finding, listed
from tinker.stats.sample import labels

GATE = "facts"
#: Columns that tinker fills in for each of its runs, as far as it can know them at all.
FACTS = ("environment_class", "started", "git_commit", "git_dirty", "code_modules")
NOTHING = (None, "", "{}")


def facts(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """A fact that some of tinker's own runs have and others lack was taken out, or hides a difference."""
    rows = [row for arm in place.runs for row in place.own(arm)]
    mixed = [fact for fact in FACTS if len({lacks(row, fact) for row in rows}) > 1]
    for arm in place.runs if mixed else ():
        without = {fact: [row for row in place.own(arm) if lacks(row, fact)] for fact in mixed}
        names = [fact for fact in mixed if without[fact]]
        if names:
            runs = [row for row in place.own(arm) if any(lacks(row, fact) for fact in names)]
            seeds = labels((row["seed_init"], row["seed_data"]) for row in runs)
            text = f"{arm}: {seeds} without {listed(names, len(FACTS))}, which other runs of the grid have"
            yield Finding(GATE, "FAILED", text, place.concerned(arm), place.key)
    if rows and not mixed:
        unknown = [fact for fact in FACTS if lacks(rows[0], fact)]
        none = f", and {listed(unknown, len(FACTS))} of none" if unknown else ""
        held = len(FACTS) - len(unknown)
        yield Finding(GATE, "ok", f"{held} of {len(FACTS)} known of all {len(rows)} runs{none}", place=place.key)


def lacks(row: Row, fact: str) -> bool:
    """Whether the row does not say it."""
    return row[fact] in NOTHING
