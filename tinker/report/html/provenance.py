"""Where the numbers come from: machines, versions, code, dates, and the record of what was declared when."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from tinker.report.analysis import Analysis
from tinker.report.html.wording import many
from tinker.report.view import Row

Facts = list[tuple[str, list[str]]]

COLUMNS = (
    ("environment", "environment_class"),
    ("device", "device"),
    ("rented fleet", "fleet"),
    ("data center", "data_center"),
    ("image", "image"),
    ("USD an hour", "usd_per_hour"),
    ("torch", "torch"),
    ("precision", "precision"),
    ("threads", "threads"),
    ("commit", "git_commit"),
    ("code", "code_fingerprint"),
    ("weights at the start", "start_digest"),
    ("imported from", "source"),
)
#: Different values of a column that are listed; the table of trials has all.
MOST = 8


def facts(analysis: Analysis) -> Facts:
    """Name and lines of each fact that is known."""
    trials, grid = analysis.trials, analysis.grid
    found = [(name, _values(trials, column)) for name, column in COLUMNS]
    found += [("uncommitted changes", _dirty(trials)), ("dates", _dates(trials))]
    found.append(("decision rule", [f"hash {analysis.rule.hash}", *_rules(grid.get("rule_history") or ())]))
    found.append(("seeds and arms", [_event("", entry) for entry in grid.get("plan_history") or ()]))
    found.append(("all arms start from trial", [grid["pretrained"]] if grid.get("pretrained") else []))
    found.append(("imported", [grid["imported"]] if grid.get("imported") else []))
    return [(name, lines) for name, lines in found if lines]


def _values(trials: Sequence[Row], column: str) -> list[str]:
    """Each value; with more than one, in how many trials it is."""
    counts = Counter(str(row[column]) for row in trials if row[column] is not None)
    if len(counts) == 1:
        return list(counts)
    shown = [f"{value} (in {count} trials)" for value, count in sorted(counts.items())]
    return [*shown[:MOST], *([f"and {len(shown) - MOST} more"] if len(shown) > MOST else [])]


def _dirty(trials: Sequence[Row]) -> list[str]:
    """Arms whose code was not committed, and whether the difference is on record."""
    dirty = [row for row in trials if row["git_dirty"]]
    if not dirty:
        return ["none"] if any(row["git_dirty"] is not None for row in trials) else []
    whole = all(row["git_diff_complete"] for row in dirty)
    arms = list(dict.fromkeys(row["arm"] for row in dirty))
    return [
        f"in {len(dirty)} trials of {many(arms)}",
        f"the whole difference is{'' if whole else ' not'} in trials.parquet",
    ]


def _dates(trials: Sequence[Row]) -> list[str]:
    times = [row[key] for row in trials for key in ("started", "finished") if row[key] is not None]
    return [f"{_minute(min(times))} to {_minute(max(times))} UTC"] if times else []


def _minute(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M")


def _rules(history: Iterable[Any]) -> list[str]:
    return [_event(f"{entry['hash']}: {json.dumps(entry['decide'], sort_keys=True)}", entry) for entry in history]


def _event(what: str, entry: Any) -> str:
    """When it was declared, and whether results were there by then; null is what tinker cannot know."""
    known = {False: "before any result of the arms", True: "when results of the arms existed already"}
    when = f"declared {entry['time']}, {known.get(entry['results_existed'], 'not known whether before the results')}"
    return f"{when}; {what}" if what else when
