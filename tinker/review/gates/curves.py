"""Do the final values of the runs stand on their curves, and do the curves belong to these runs?"""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose, isfinite

import pyarrow as pa

from tinker.review.evidence import Evidence, Place, Points, Row
from tinker.review.finding import Finding
from tinker.stats.sample import labels

GATE = "curves"
LOSS, BEST = "val_loss", "best_val_loss"
#: Relative; values are copied, not computed anew.
CLOSE = 1e-12
WHOSE = ("corpus", "scale", "arm", "seed_init", "seed_data")


def values(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """The last point of each of tinker's own runs is the value that the run ended with, as far as there are curves."""
    known = evidence.curves({LOSS, BEST, evidence.analysis.rule.metric})
    own = {arm: [row for row in place.own(arm) if row["status"] == "done"] for arm in place.runs}
    drawn = {metric for rows in own.values() for row in rows for metric in known.get(row["trial_id"], {})}
    if not drawn:
        if any(own.values()):
            yield Finding(GATE, "note", "there are none to hold the final values against", place=place.key)
        return
    clean = True
    for arm, rows in own.items():
        wrong = {row["trial_id"]: what for row in rows if (what := _wrong(row, known.get(row["trial_id"], {}), drawn))}
        if wrong:
            clean = False
            runs = [row for row in rows if row["trial_id"] in wrong]
            text = f"{arm}: {_seeds(runs)} {next(iter(wrong.values()))}"
            yield Finding(GATE, "FAILED", text, place.concerned(arm), place.key)
    if clean:
        count = sum(map(len, own.values()))
        yield Finding(GATE, "ok", f"{count} runs ended with the values of their last points", place=place.key)


def owners(evidence: Evidence) -> Iterator[Finding]:
    """A trial's points name the arm and seeds of its row, and there are none of a trial that has no row."""
    rows = {row["trial_id"]: tuple(row[name] for name in WHOSE) for row in evidence.analysis.trials}
    wrong: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for found in _distinct(evidence.analysis.curves):
        of_row = rows.get(found["trial_id"])
        if of_row != tuple(found[name] for name in WHOSE):
            key = found["arm"], found["arm"] if of_row is None else str(of_row[WHOSE.index("arm")])
            there = "whose trials have no row" if of_row is None else f"whose trials are other runs, of {key[1]}"
            wrong.setdefault((*key, there), []).append((found["seed_init"], found["seed_data"]))
    for (arm, other, there), seeds in sorted(wrong.items()):
        arms = None if evidence.grid["control"] in (arm, other) else (arm, other)
        text = f"curves.parquet has points of {arm}, {labels(seeds)}, {there}"
        yield Finding(GATE, "FAILED", text, arms)


def _wrong(row: Row, points: Points, drawn: set[str]) -> str:
    for metric in sorted(drawn):
        value, curve = row.get(metric), points.get(metric)
        if value is None or not isfinite(value):
            continue
        if not curve:
            return f"without a curve of {metric}, which other runs have"
        step, last = max(curve)
        if (row["steps"] is not None and step != row["steps"]) or not isclose(last, value, rel_tol=CLOSE):
            return f"ended with another {metric} than the last point of the curve"
    losses = [value for _, value in points.get(LOSS, ()) if isfinite(value)]
    best = row.get(BEST)
    if losses and best is not None and not isclose(min(losses), best, rel_tol=CLOSE):
        return f"with a {BEST} that is not the lowest {LOSS} of the curve"
    return ""


def _distinct(table: pa.Table) -> list[Row]:
    names = ["trial_id", *WHOSE]
    return list(table.group_by(names, use_threads=False).aggregate([]).select(names).to_pylist())


def _seeds(rows: list[Row]) -> str:
    return labels((row["seed_init"], row["seed_data"]) for row in rows)
