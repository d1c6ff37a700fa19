"""Do the tables say what the grid planned, and what their own trials give?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tinker.review.evidence import Evidence, Place, Row
from tinker.review.finding import Finding, State
from tinker.stats.sample import labels

KEYS = ("seed_init", "seed_data", "trial_id")


def planned(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """One row for each planned trial, no other, and the control marked as such."""
    gate, clean = "planned trials", True
    cells = [cell for cell in evidence.grid["cells"] if (cell["corpus"], cell["scale"]) == place.key]
    for arm, rows in place.runs.items():
        want = Counter(_key(cell) for cell in cells if cell["arm"] == arm)
        have = Counter(_key(row) for row in rows)
        said = [f"{_seeds(want - have)} without a row"] * bool(want - have)
        extra = have - want
        twice = Counter({key: count for key, count in extra.items() if key in want})
        said += [f"{_seeds(twice)} more than once"] * bool(twice)
        said += [f"{_seeds(extra - twice)} not planned"] * bool(extra - twice)
        marked = any(row["is_control"] != (arm == place.control) for row in rows)
        said += ["rows with another mark of the control than the grid"] * marked
        if said:
            clean = False
            yield Finding(gate, "FAILED", f"{arm}: {', '.join(said)}", place.concerned(arm), place.key)
    if clean:
        yield Finding(gate, "ok", f"{len(cells)}, and a row for each", place=place.key)


def verdicts(evidence: Evidence) -> Iterator[Finding]:
    """The verdicts in comparisons.parquet are those that the trials give."""
    gate, clean = "tables agree", True
    if evidence.said is None:
        yield Finding(gate, "note", "there is no comparisons.parquet whose verdicts could be held against the trials")
        return
    # Beside a store the tables may just be older than its last run.
    state: State = "note" if evidence.from_store else "FAILED"
    cause = "older than the store, see tinker report" if evidence.from_store else "tampered with, or of another version"
    said = {(row["corpus"], row["scale"], row["arm"]): row["verdict"] for row in evidence.said if row["primary"]}
    found = {(p.corpus, p.scale, arm): row["verdict"] for p in evidence.places for arm, row in p.compared.items()}
    for key in dict.fromkeys([*found, *said]):
        if said.get(key) != found.get(key):
            corpus, scale, arm = key
            clean = False
            there, here = (rows.get(key, "no row") for rows in (said, found))
            text = f"{arm}: {there} in comparisons.parquet, {here} from the trials"
            concerned = None if arm == evidence.grid["control"] else (arm,)
            yield Finding(gate, state, f"{text}: {cause}", concerned, (corpus, scale))
    if clean:
        yield Finding(gate, "ok", f"{len(found)} verdicts in comparisons.parquet are those that the trials give")


def grid_file(evidence: Evidence) -> Iterator[Finding]:
    """A grid.json beside the tables is the one that they were made of."""
    if evidence.grid_file is None or evidence.from_store:
        return
    other = sorted(
        key
        for key in evidence.grid_file.keys() | evidence.grid.keys()
        if evidence.grid_file.get(key) != evidence.grid.get(key)
    )
    if other:
        text = f"grid.json and the grid in trials.parquet differ in {', '.join(other)}: make the tables again"
        yield Finding("grid.json", "FAILED", text)
    else:
        yield Finding("grid.json", "ok", "is the grid that the tables were made of")


def _key(row: Row) -> tuple[int, int, str]:
    init, data, trial = (row[key] for key in KEYS)
    return init, data, trial


def _seeds(keys: Counter[tuple[int, int, str]]) -> str:
    return labels((init, data) for init, data, _ in keys)
