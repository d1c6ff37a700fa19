"""Did the runs come after what was declared, by their own dates?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tinker.review.evidence import Evidence, Place
from tinker.review.finding import Finding

GATE = "dates"
#: How far the clocks of two machines of a cluster may be apart.
SLACK = timedelta(minutes=1)


def dates(evidence: Evidence) -> Iterator[Finding]:
    """What claims to stand from before the results of the arms is older than the first run of each arm.

    Of tinker's own runs, and not of the control's, which may be older: grids share it.
    """
    grid, clean, known = evidence.grid, True, 0
    rule = next((entry for entry in grid["rule_history"] if entry["hash"] == grid["rule_hash"]), None)
    history = grid.get("plan_history") or []
    plan = next((entry for entry in history if entry["seeds"] == history[-1]["seeds"]), None)
    for what, entry in (("rule", rule), ("seeds", plan)):
        if entry is None or entry["results_existed"] is not False:
            continue  # not in the history, or not claimed: gates of their own
        declared = _time(entry)
        if declared is None:
            clean = False
            yield Finding(GATE, "FAILED", f"{what}: declared on {entry['time']!r}, which is no date")
            continue
        for place in evidence.places:
            for arm in place.arms:
                first = _first(place, arm)
                known += first is not None
                if first is not None and first < declared - SLACK:
                    clean = False
                    text = f"{arm}: ran first on {first:%Y-%m-%dT%H:%M:%S+00:00}, before the {what} of {entry['time']}"
                    yield Finding(GATE, "FAILED", text, (arm,), place.key)
    if clean and known:
        yield Finding(GATE, "ok", "rule and seeds are older than the first run of each arm")
    elif clean:
        yield Finding(GATE, "note", "not known: no start of a run to hold the declarations against")


def _first(place: Place, arm: str) -> datetime | None:
    return min((_utc(row["started"]) for row in place.own(arm) if row["started"] is not None), default=None)


def _time(entry: Mapping[str, Any]) -> datetime | None:
    try:
        time = datetime.fromisoformat(entry["time"])
    except (TypeError, ValueError):
        return None
    return _utc(time)


def _utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
