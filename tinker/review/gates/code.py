"""Can the code behind each run be had again, and is it the same on both sides?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import combinations

from tinker.errors import UserError
from tinker.review.evidence import Evidence, Place, Row
from tinker.review.finding import Finding, listed
from tinker.review.gates.known import lacks
from tinker.stats.sample import labels

Modules = Mapping[str, str]
#: The code that made a row, and then each under which it was replayed and held, as JSON.
Codes = tuple[str, ...]


def committed(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """What was not committed is stored as a diff, all of it."""
    gate, lost, stored, known = "uncommitted code", False, 0, 0
    for arm in place.runs:
        rows = place.ended(arm)
        known += sum(row["git_dirty"] is not None for row in rows)
        dirty = [row for row in rows if row["git_dirty"]]
        bad = [row for row in dirty if not (row["git_diff_complete"] and row["git_diff"])]
        stored += len(dirty) - len(bad)
        if bad:
            lost = True
            seeds = labels((row["seed_init"], row["seed_data"]) for row in bad)
            text = f"{arm}: {seeds} made by code that was not committed and of which no complete diff is stored"
            yield Finding(gate, "FAILED", text, place.concerned(arm), place.key)
    unknown = sum(len(place.ended(arm)) for arm in place.runs) - known
    if not lost and known:
        text = f"{stored} runs by it, each with its whole diff" if stored else f"none in {known} runs"
        yield Finding(gate, "ok", text + (f", not known of {unknown}" if unknown else ""), place=place.key)
    elif not lost:
        yield Finding(gate, "note", "not known of any run", place=place.key)


def same(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """The modules that two runs share are the same, or one of both was replayed under the other's (probation)."""
    gate, failed, judged, unknown, imported = "same code", False, 0, 0, 0
    known: dict[str, set[Codes]] = {}
    for arm in place.runs:
        rows = place.own(arm)
        imported += len(place.ended(arm)) - len(rows)
        said = [row for row in rows if not lacks(row, "code_modules")]
        judged += len(said)
        unknown += len(rows) - len(said)
        known[arm] = {_codes(row) for row in said}
    control = known.get(place.control, set())
    parsed: dict[str, Modules] = {}
    # The control first: where its own runs differ, all arms are concerned, and nothing more is learnt from each.
    for arm in [place.control, *([] if _differing(control, parsed) else place.arms)]:
        modules = _differing(known.get(arm, set()) | control, parsed)
        if modules:
            failed = True
            whose = "the control's runs differ" if arm == place.control else f"{arm}: its runs and the control's differ"
            text = f"{whose} in the code of {listed(modules)}, and none was replayed under the other's: run them again"
            yield Finding(gate, "FAILED", text, place.concerned(arm), place.key)
    if unknown:
        text = f"not recorded for {unknown} runs (tables from before it was), so not judged"
        yield Finding(gate, "note", text, place=place.key)
    if imported:
        yield Finding(gate, "note", f"{imported} imported runs do not say it, so not judged", place=place.key)
    if judged and not failed:
        yield Finding(
            gate, "ok", f"the modules that arms and control share are equal in {judged} runs", None, place.key
        )


def provenance(place: Place, evidence: Evidence) -> Iterator[Finding]:
    """Which commit, or who imported it: to know, not to refuse."""
    gate, rows = "provenance", [row for arm in place.runs for row in place.ended(arm)]
    own = [row for row in rows if row["source"] is None]
    commits = sorted({row["git_commit"][:12] for row in own if row["git_commit"]})
    without = sum(not row["git_commit"] for row in own)
    if without:
        text = f"{without} of {len(own)} runs have no commit: tinker was installed there, not a working tree"
        yield Finding(gate, "note", text, place=place.key)
    if commits:
        text = f"commit {listed(commits)} of {len(own) - without} runs"
        yield Finding(gate, "ok", text, place=place.key)
    sources = sorted({row["source"] for row in rows if row["source"] is not None})
    if sources:
        count = len(rows) - len(own)
        text = f"{count} runs imported from {listed(sources)}: what is known of them rests on who imported them"
        yield Finding(gate, "note", text, place=place.key)


def _codes(row: Row) -> Codes:
    return (row["code_modules"], *sorted(row["code_accepted"] or []))


def _differing(rows: set[Codes], parsed: dict[str, Modules]) -> list[str]:
    """Modules of the first pair of rows that no choice of their codes reconciles, as the codes of their own differ."""
    for one, other in combinations(sorted(rows), 2):
        if not any(not _unlike(a, b, parsed) for a in one for b in other):
            return _unlike(one[0], other[0], parsed)
    return []


def _unlike(one: str, other: str, parsed: dict[str, Modules]) -> list[str]:
    a, b = (_modules(text, parsed) for text in (one, other))
    shared = a.keys() & b.keys()
    return sorted(name for name in shared if a[name] != b[name]) if shared else ["every module: they share none"]


def _modules(text: str, parsed: dict[str, Modules]) -> Modules:
    if text not in parsed:
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise UserError("trials.parquet: code_modules and code_accepted are to be JSON objects of module: digest")
        parsed[text] = found
    return parsed[text]
