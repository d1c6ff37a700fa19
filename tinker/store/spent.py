"""What a grid has spent over all its runs: `results/<grid>/spent/<token>.json`, a file for each run that had a worker.

A run writes its own file only, whole, so that two at a time lose nothing of each other's, and a run that was killed
leaves what it wrote last.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tinker.errors import FAILED, UserError
from tinker.store.atomic import write_json
from tinker.store.layout import Layout


@dataclass
class Entry:
    """What one run has spent.

    Attributes:
        hours: of wall time in which the grid had a worker. Where several grids shared the run, the grid's share of that
            time by its workers.
        trials: that ended, whether done, diverged or failed for good.
        flops: of the training steps that were done, those of attempts that came to nothing included.
        usd_per_hour: the price that was declared then, if one was.
        since, until: ISO 8601 in UTC, for people.
    """

    hours: float = 0.0
    trials: int = 0
    flops: float = 0.0
    usd_per_hour: float | None = None
    since: str = field(default_factory=lambda: _now())
    until: str = ""


@dataclass(frozen=True)
class Spent:
    """The sum over runs; `usd` is None where no price was ever declared."""

    hours: float = 0.0
    trials: int = 0
    flops: float = 0.0
    usd: float | None = None


class Ledger:
    """The file of one run."""

    def __init__(self, results: Path, grid: str) -> None:
        self.folder = Layout(results).spent(grid)
        self.path = self.folder / f"{uuid.uuid4().hex}.json"

    def write(self, entry: Entry) -> None:
        """
        Raises:
            UserError: the disk is full, read-only or not ours.
        """
        entry.until = _now()
        write_json(self.path, asdict(entry))

    def others(self) -> list[Entry]:
        """Those of all other runs of the grid.

        Raises:
            UserError: one of them cannot be read.
        """
        return [_read(path) for path in sorted(self.folder.glob("[!.]*.json")) if path != self.path]


def spent(results: Path, grid: str, price: float | None = None) -> Spent:
    """What the grid has spent by what its runs wrote.

    Raises:
        UserError: one of the files cannot be read.
    """
    return total(Ledger(results, grid).others(), price)


def total(entries: list[Entry], price: float | None) -> Spent:
    """The sum; hours from before a price was declared cost `price`, in dollars per hour."""
    prices = [entry.usd_per_hour or price for entry in entries]
    known = price is not None or any(prices)
    return Spent(
        sum(entry.hours for entry in entries),
        sum(entry.trials for entry in entries),
        sum(entry.flops for entry in entries),
        sum(entry.hours * (each or 0.0) for entry, each in zip(entries, prices, strict=True)) if known else None,
    )


def _read(path: Path) -> Entry:
    try:
        return Entry(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"{path}: what a run of this grid has spent cannot be read ({error}); remove the file to go on as if that"
            " run had cost nothing",
            exit_code=FAILED,
        ) from None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
