"""Which trials shared their machine: their speed is not their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

#: Part of its time that a trial must share. The end of one and the start of the next may cross in the ledger.
LEAST = 0.10


def mark_packed(rows: Sequence[dict[str, Any]]) -> None:
    """Sets `packed` on each row that has both times: whether another ran during more than `LEAST` of its time.

    Only the same environment class can be the same machine. Trials of other grids are not seen.
    """
    timed = [row for row in rows if row.get("started") and row.get("finished")]
    timed.sort(key=lambda row: row["started"])
    latest: dict[str, datetime] = {}  # by machine, the last end of a trial that started earlier
    for place, row in enumerate(timed):
        start, end, machine = row["started"], row["finished"], row["environment_class"]
        shared = min(end, latest.get(machine, start)) - start
        for later in islice(timed, place + 1, None):
            if later["started"] >= end:
                break
            if later["environment_class"] == machine:
                shared = max(shared, min(end, later["finished"]) - later["started"])
        latest[machine] = max(end, latest.get(machine, end))
        row["packed"] = shared > LEAST * (end - start)
