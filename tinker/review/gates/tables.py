"""Do the tables say what the grid planned, and what their own trials give?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from tinker.review.evidence import Evidence, Place, Row
from tinker.review.finding import Finding, listed
from tinker.review.gates.figures import unlike
from tinker.stats.sample import labels

#: Are added when the tables are made, and are no declarations: a clock or a bill says them.
COSTS = {"spent", "rented"}
KEYS = ("seed_init", "seed_data", "trial_id")


def planned(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """One row for each planned trial, no other, and the control marked as such."""
    gate, clean = "planned trials", True
    count = 0
    for arm, rows in place.runs.items():
        want = Counter(map(_key, evidence.cells(place, arm)))
        count += want.total()
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
        yield Finding(gate, "ok", f"{count}, and a row for each", place=place.key)


def agree(evidence: Evidence) -> Iterator[Finding]:
    """comparisons.parquet says what the trials give: the verdicts, and every figure that it has."""
    gate, clean = "tables agree", True
    if evidence.said is None:
        yield Finding(gate, "note", "there is no comparisons.parquet whose verdicts could be held against the trials")
        return
    said, found = _by_arm(evidence.said), _by_arm(evidence.analysis.comparisons)
    vague: set[str] = set()
    count = 0
    for key in dict.fromkeys([*found, *said]):
        text, may = _differing(key[2], said.get(key, {}), found.get(key, {}))
        vague.update(may)
        count += key in found
        if not text:
            continue
        clean = False
        corpus, scale, arm = key
        # Beside a store the tables may just be older than its last run, of what that store holds.
        older = evidence.from_store and arm not in evidence.kept
        cause = "older than the store, see tinker report" if older else "tampered with, or of another version"
        concerned = None if arm == evidence.grid["control"] else (arm,)
        yield Finding(gate, "note" if older else "FAILED", f"{text}: {cause}", concerned, (corpus, scale))
    if vague:
        text = f"{listed(sorted(vague))} in comparisons.parquet differ from what this tinker says of the trials"
        yield Finding(gate, "note", f"{text}: in wording, in the last digits, or another version wrote them")
    if clean:
        yield Finding(gate, "ok", f"{count} verdicts in comparisons.parquet are those that the trials give")


def grid_file(evidence: Evidence) -> Iterator[Finding]:
    """A grid.json beside the tables is the one that they were made of."""
    if evidence.grid_file is None:
        return
    other = sorted(
        key
        for key in (evidence.grid_file.keys() | evidence.grid.keys()) - COSTS
        if evidence.grid_file.get(key) != evidence.grid.get(key)
    )
    if other:
        text = f"grid.json and the grid in trials.parquet differ in {', '.join(other)}: make the tables again"
        yield Finding("grid.json", "FAILED", text)
    else:
        yield Finding("grid.json", "ok", "is the grid that the tables were made of")


def _by_arm(rows: Iterable[Row]) -> dict[tuple[str, str, str], dict[str, Row]]:
    """Of each place and arm the rows by metric."""
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows:
        found.setdefault((row["corpus"], row["scale"], row["arm"]), {})[row["metric"]] = row
    return found


def _differing(arm: str, said: Mapping[str, Row], found: Mapping[str, Row]) -> tuple[str, list[str]]:
    """What comparisons.parquet says of an arm and should not, and columns that may differ between versions."""
    words = [next((row["verdict"] for row in rows.values() if row["primary"]), "no row") for rows in (said, found)]
    both = {metric: unlike(said[metric], found[metric]) for metric in said if metric in found}
    may = [name for _, names in both.values() for name in names]
    if words[0] != words[1]:
        return f"{arm}: {words[0]} in comparisons.parquet, {words[1]} from the trials", may
    wrong = {metric: names for metric, (names, _) in both.items() if names}
    if not wrong:
        return "", may
    metric, names = next(iter(wrong.items()))
    more = f" and of {len(wrong) - 1} more metrics" if len(wrong) > 1 else ""
    return f"{arm}: {listed(names)} of {metric}{more} in comparisons.parquet, which the trials do not give", may


def _key(row: Row) -> tuple[int, int, str]:
    init, data, trial = (row[key] for key in KEYS)
    return init, data, trial


def _seeds(keys: Counter[tuple[int, int, str]]) -> str:
    return labels((init, data) for init, data, _ in keys)
