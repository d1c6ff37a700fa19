"""What the last declared look said of each arm, from the table that keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tinker.errors import UserError
from tinker.schedule.live.shown import Verdict
from tinker.tables.looks import read_looks


def last_verdicts(folder: Path) -> Mapping[str, Verdict]:
    """By arm; of a grid's folder. A table that cannot be read shows nothing here: whoever needs it says so."""
    try:
        rows = read_looks(folder)
    except UserError:
        return {}
    looks = [row for row in rows if row["kind"] == "look" and row["verdict"]]
    return {row["arm"]: Verdict(row["look"] or row["n"], row["verdict"].replace("_", " ")) for row in looks}
