"""Was everything that decides declared before the results, and was nothing tested that had been tuned on?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tinker.report.notes import of_looks
from tinker.review.evidence import Evidence
from tinker.review.finding import Finding
from tinker.spec import canonical
from tinker.stats.rule import LATER
from tinker.stats.sample import labels


def rule(evidence: Evidence) -> Iterator[Finding]:
    """The rule, the seeds and the arms stand as they did before results of the arms existed."""
    grid, edited = evidence.grid, evidence.analysis.rule.edited
    said = {key: value for key, value in grid["decide"].items() if key not in LATER or value != LATER[key]}
    found = hashlib.sha256(canonical(said).encode()).hexdigest()[:16]
    if found != grid["rule_hash"]:
        yield Finding(
            "rule", "FAILED", f"the rule has the hash {found} and claims {grid['rule_hash']}: it was edited by hand"
        )
    if edited:
        yield Finding("rule", "FAILED", edited)
    if edited or found != grid["rule_hash"]:
        return
    entry = next(entry for entry in grid["rule_history"] if entry["hash"] == grid["rule_hash"])
    if entry["results_existed"] is None:
        text = "whether it was declared before the runs, only those know who imported them"
        yield Finding("rule", "note", text)
    else:
        yield Finding("rule", "ok", f"declared on {entry['time']}, before results of the arms (hash {found})")


def tuning(evidence: Evidence) -> Iterator[Finding]:
    """No seed that something was tuned on is tested on: a winner of tuning looks better there than it is."""
    gate, seeds = "tuning seeds", evidence.grid.get("seeds")
    if seeds is None:
        yield Finding(gate, "note", "an older grid, which does not say what seeds were tuned on")
        return
    tuned = {(init, data) for init, data in seeds.get("tuning", [])}
    clean = True
    for place in evidence.places:
        planned = [cell for cell in evidence.grid["cells"] if (cell["corpus"], cell["scale"]) == place.key]
        said: set[tuple[int, int]] = set()  # of the control, which concerns all arms: of them only what is more
        for arm in [place.control, *place.arms]:
            cells = [*place.runs.get(arm, ()), *(cell for cell in planned if cell["arm"] == arm)]
            both = tuned & {(cell["seed_init"], cell["seed_data"]) for cell in cells} - said
            said |= both if arm == place.control else set()
            if both:
                clean = False
                text = f"{arm}: {labels(both)} tested on after tuning on the same: test on fresh seeds"
                yield Finding(gate, "FAILED", text, place.concerned(arm), place.key)
    if clean:
        text = f"none of the {len(tuned)} is tested on" if tuned else "none is declared"
        yield Finding(gate, "ok", text)


def looks(evidence: Evidence) -> Iterator[Finding]:
    """Results that were seen before they counted: no verdict was given there, and the reviewer should know."""
    early = of_looks(evidence.analysis.looks)
    yield from (Finding("looks", "note", text) for text in early)
    if not early:
        yield Finding("looks", "ok", "none is recorded before results counted")
