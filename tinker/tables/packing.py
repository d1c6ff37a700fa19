"""Which trials shared their machine: their speed is not their own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

#: Part of its time that a trial must share. The end of one and the start of the next may cross in the ledger.
LEAST = 0.10


@dataclass(frozen=True)
class Stay:
    """A trial at a place (a host, or a card of one) from `start` to `end`."""

    place: str
    start: datetime
    end: datetime


def mark_packed(rows: Sequence[dict[str, Any]], neighbours: Iterable[Stay] = ()) -> None:
    """Sets `packed` on each row that has both times: whether others ran beside it during more than `LEAST` of its time.

    `neighbours` are trials that are no rows. Only what ran at one place can have shared it: on CUDA a card, so that two
    trials with a card each are not packed; else the host.
    """
    timed = [row for row in rows if row.get("started") and row.get("finished")]
    stays = [stay for row in timed for stay in stays_of(row)]
    crowds = _crowds([*stays, *neighbours])
    for row in timed:
        shared = max(crowds[stay.place].between(stay.start, stay.end) for stay in stays_of(row))
        row["packed"] = shared > LEAST * (row["finished"] - row["started"]).total_seconds()


def stays_of(row: dict[str, Any]) -> list[Stay]:
    """Where it was. Rows from before places were kept have those of one environment class at one place."""
    places = row.get("places") or [f"class {row['environment_class']}"]
    return [Stay(place, row["started"], max(row["started"], row["finished"])) for place in places]


class _Crowd:
    """For how long more than one was at a place, up to any time: a line through `times` and `seconds`."""

    def __init__(self, stays: Iterable[Stay]) -> None:
        changes = sorted(change for stay in stays for change in ((stay.start, 1), (stay.end, -1)))
        self.times: list[datetime] = []
        self.seconds: list[float] = []
        self.there: list[int] = []
        total, there = 0.0, 0
        for time, change in changes:
            if self.times and there > 1:
                total += (time - self.times[-1]).total_seconds()
            there += change
            self.times.append(time)
            self.seconds.append(total)
            self.there.append(there)

    def between(self, start: datetime, end: datetime) -> float:
        return self._until(end) - self._until(start)

    def _until(self, time: datetime) -> float:
        place = bisect_right(self.times, time) - 1
        since = (time - self.times[place]).total_seconds() if self.there[place] > 1 else 0.0
        return self.seconds[place] + since


def _crowds(stays: list[Stay]) -> dict[str, _Crowd]:
    stays.sort(key=lambda stay: stay.place)
    return {place: _Crowd(there) for place, there in groupby(stays, key=lambda stay: stay.place)}
