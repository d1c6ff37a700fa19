"""What a grid's rented machines have cost: `results/<grid>/rented/<fleet>.json`, written by the launcher at home.

A machine counts from its creation to its deletion: the time in which its image was loaded and in which nothing ran is
paid for too.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinker.errors import FAILED, UserError
from tinker.store.atomic import write_json
from tinker.store.layout import NAME, Layout


@dataclass(frozen=True)
class Pod:
    """One machine.

    Attributes:
        usd_per_hour: of the machine with all its GPUs.
        seconds: from its creation to its deletion, or until now.
        usd: what it has cost.
        billed: whether the provider says so; else it is reckoned from price and time.
    """

    name: str
    pod_id: str
    data_center: str | None
    image: str
    usd_per_hour: float
    seconds: float
    usd: float
    billed: bool


@dataclass(frozen=True)
class Rented:
    """One fleet.

    Attributes:
        gpus: of each machine.
        since, until: ISO 8601 in UTC; `until` is None as long as it is rented.
        usd: of all machines, those that were replaced included.
        billed: whether the provider has billed all of it.
    """

    fleet: str
    card: str
    gpus: int
    since: str
    until: str | None
    usd: float
    billed: bool
    pods: tuple[Pod, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"pods": [asdict(pod) for pod in self.pods]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Rented:
        """The inverse of `as_dict`.

        Raises:
            TypeError, KeyError: for anything else.
        """
        return cls(**data | {"pods": tuple(Pod(**pod) for pod in data["pods"])})


def write_rented(results: Path, grid: str, rented: Rented) -> None:
    """Replaces what was known of that fleet.

    Raises:
        UserError: the disk is full, read-only or not ours.
    """
    if not NAME.fullmatch(rented.fleet):
        raise ValueError(f"{rented.fleet!r} cannot be the name of a file")
    write_json(Layout(results).rented(grid) / f"{rented.fleet}.json", rented.as_dict())


def read_rented(results: Path, grid: str) -> list[Rented]:
    """Every fleet that was rented for the grid, by name.

    Raises:
        UserError: one of the files cannot be read.
    """
    return [_read(path) for path in sorted(Layout(results).rented(grid).glob("[!.]*.json"))]


def _read(path: Path) -> Rented:
    try:
        return Rented.from_dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{path}: what a rented fleet has cost cannot be read ({error}); the provider's bill still says it: move"
            " the file away to go on without",
            exit_code=FAILED,
        ) from None
