"""Was everything that decides declared before the results, and was nothing tested that had been tuned on?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from tinker.report.notes import of_looks
from tinker.review.evidence import Evidence
from tinker.review.finding import Finding
from tinker.spec import canonical
from tinker.stats.rule import LATER
from tinker.stats.sample import labels

#: Verdicts that a look may give.
DECIDED = ("better", "worse", "equivalent", "not worse")


def rule(evidence: Evidence) -> Iterator[Finding]:
    """The rule, the seeds and the arms stand as they did before results of the arms existed."""
    grid = evidence.grid
    faults = list(_faults(evidence))
    yield from (Finding("rule", "FAILED", text) for text in faults)
    if faults:
        return
    entry = next(entry for entry in grid["rule_history"] if entry["hash"] == grid["rule_hash"])
    if entry["results_existed"] is None:
        text = "whether it was declared before the runs, only those know who imported them"
        yield Finding("rule", "note", text)
    else:
        yield Finding("rule", "ok", f"declared on {entry['time']}, before results of the arms (hash {entry['hash']})")


def _faults(evidence: Evidence) -> Iterator[str]:
    grid, edited = evidence.grid, evidence.analysis.rule.edited
    found = _hash(grid["decide"])
    if found != grid["rule_hash"]:
        yield f"the rule has the hash {found} and claims {grid['rule_hash']}: it was edited by hand"
    if edited:
        yield edited
    wrong = [entry for entry in grid["rule_history"] if _hash(entry["decide"]) != entry["hash"]]
    if wrong:
        yield f"the history of the rule was edited by hand: that of {wrong[0]['time']} has another hash than it claims"
    if any(entry["results_existed"] is None for entry in grid["rule_history"]) and not evidence.imported:
        yield "its history does not say whether results existed, which tinker knows of all runs but imported ones"


def _hash(decide: Mapping[str, Any]) -> str:
    """Of a rule, as `tinker.grid.decide` makes it."""
    said = {key: value for key, value in decide.items() if key not in LATER or value != LATER[key]}
    return hashlib.sha256(canonical(said).encode()).hexdigest()[:16]


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
    """Results that were seen before they counted: no verdict was given there, and the reviewer should know.

    Where the rule gives verdicts at looks, these are on record.
    """
    rule, early = evidence.analysis.rule, of_looks(evidence.analysis.looks)
    yield from (Finding("looks", "note", text) for text in early)
    if not evidence.looked:
        text, sequential = "no look is recorded here", bool(rule.looks) or rule.anytime
        rows = {row["arm"]: row for place in evidence.places for row in place.compared.values()}
        decided = tuple(arm for arm, row in rows.items() if row["verdict"] in DECIDED)
        if sequential and decided:
            text = f"{text} (looks.parquet), and the rule gives verdicts at looks: `tinker report` records them"
            yield Finding("looks", "FAILED", text, decided)
        else:
            yield Finding("looks", "note", text)
    elif not early:
        yield Finding("looks", "ok", "none is recorded before results counted")
