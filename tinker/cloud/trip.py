"""What a command line asks of machines elsewhere, and how it is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tinker.cloud.fleet import Fleet, apart, fleet_of
from tinker.cloud.ledger import Ledger
from tinker.cloud.state import FleetFolder
from tinker.errors import UserError
from tinker.grid.find import find_grid
from tinker.grid.load import load_grid


@dataclass(frozen=True)
class Trip:
    """What a command line asks for: a grid, what may be rented for it, and the words of the run there.

    Attributes:
        grid: the name of its results.
        file: the grid's YAML.
        overrides: of the run there; those of the fleet are in `fleet`.
        options: of `tinker run`, for the run there (`--force`).
    """

    grid: str
    file: Path
    overrides: tuple[str, ...]
    options: tuple[str, ...]
    results: Path
    fleet: Fleet

    @property
    def words(self) -> tuple[str, ...]:
        """Arguments of `tinker` for the run there."""
        return ("run", str(self.file), *self.overrides, *self.options)


def trip(
    grids: Sequence[str], overrides: Sequence[str], results: Path, fleet_file: Path | None, options: Sequence[str]
) -> Trip:
    """
    Raises:
        UserError: anything wrong with the grid, the fleet or the overrides.
    """
    if len(grids) != 1:
        raise UserError(f"{', '.join(grids)}: machines are asked for one grid, whose cost they are; name one")
    found = find_grid(grids[0], overrides, results)
    file, here = found.file.resolve(), Path.cwd().resolve()
    if not file.is_relative_to(here):
        raise UserError(
            f"{found.file}: what a grid names is sent from the current folder ({here}); work in one above it"
        )
    file = file.relative_to(here)
    _, others = apart(found.overrides)
    name = load_grid(found.file, others).results_name
    fleet = fleet_of(found.file, found.overrides, fleet_file)
    return Trip(name, file, tuple(others), tuple(options), results, fleet)


def open_ledger(folder: FleetFolder, trip: Trip, now: float, on: str, account: str = "") -> Ledger:
    """The ledger of a new fleet, with what it is for: enough for another process to go on with it.

    `account` is the mark of the service and key by which it is rented.
    """
    ledger = Ledger(folder.ledger)
    ledger.write(
        "fleet",
        name=folder.name,
        on=on,
        grid=trip.grid,
        file=str(trip.file),
        folder=str(Path.cwd()),
        results=str(trip.results.resolve()),
        overrides=list(trip.overrides),
        options=list(trip.options),
        fleet=asdict(trip.fleet),
        begun=now,
        account=account,
    )
    return ledger
