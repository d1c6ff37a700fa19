"""`tinker run GRID --on runpod`: from the grid's file to a fleet that is gone again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tinker.cloud.account import api, reap_now
from tinker.cloud.assembly import freight_of, rented_launch
from tinker.cloud.attach import at_work, watch_again
from tinker.cloud.crew import Errand
from tinker.cloud.fleet import Fleet, apart, fleet_of
from tinker.cloud.host import Say
from tinker.cloud.ledger import Ledger
from tinker.cloud.lender import Placement
from tinker.cloud.market import market
from tinker.cloud.offers import offered, placements, table
from tinker.cloud.question import agreed
from tinker.cloud.state import FleetFolder, State
from tinker.cloud.workload import Workload
from tinker.config.accelerator import on_cards
from tinker.errors import FAILED, UserError
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


def on_runpod(trip: Trip, say: Say, print_log: Say, *, yes: bool, detach: bool) -> int:
    """Rents, runs and gives back; a fleet of this grid that is at work without a launcher is watched again instead.

    Returns:
        The exit code of the run, FAILED or INTERRUPTED.

    Raises:
        UserError: nothing could be rented, or what was rented did not come to work. Everything is given back.
    """
    from tinker.grid.expand import expand

    service, state = api(), State()
    with on_cards():
        plan = expand(load_grid(trip.file, trip.overrides), results=trip.results)
    going = at_work(service, state, trip.results, trip.grid)
    if going is not None:
        say(f"{going.name} is at work on {trip.grid}; watching it")
        return watch_again(service, state, going, say, print_log)
    reap_now(say, service, state, quiet=True)
    work = Workload(plan, trip.results)
    found = offered(market(service, trip.fleet), work)
    for line in (table(found), *work.notes()):
        say(line)
    usable = placements(found)
    if not usable and not (trip.fleet.strict_card and found[0].sold_out):
        raise UserError("nothing that can be had fits the fleet: see the last column", exit_code=FAILED)
    fleet = trip.fleet
    freight = freight_of(trip.file, trip.overrides, trip.results, rented=True)
    freight.bundle()  # whatever is wrong with it is said before anything is paid
    dearest = max((place.usd_per_hour for place in usable), default=fleet.max_usd_per_hour)
    most = min(fleet.max_usd, fleet.max_hours * fleet.pods * dearest)
    agreed(f"Rent {fleet.pods} pod{'s'[: fleet.pods > 1]}, at most ${most:.2f} in {fleet.max_hours:g} h?", say, yes=yes)
    folder = state.new_fleet()
    held = folder.hold()
    assert held, "nobody else knows of a fleet that is only being made"
    ledger = open_ledger(folder, trip, service.now(), "runpod", service.mark)

    def market_now() -> list[Placement]:
        return placements(offered(market(service, fleet), work))

    errand = Errand(trip.words, fleet.pods, fleet.min_cuda, market_now, freight, patient=fleet.strict_card)
    launch = rented_launch(service, state, folder, ledger, errand, say, print_log)
    return launch.run(detach=detach)


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
