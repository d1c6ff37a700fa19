"""`tinker run GRID --on runpod`: from the grid's file to a fleet that is gone again."""

from __future__ import annotations

from tinker.cloud.account import api, reap_now
from tinker.cloud.assembly import freight_of, rented_launch
from tinker.cloud.crew import Errand
from tinker.cloud.going import at_work
from tinker.cloud.host import Say
from tinker.cloud.lender import Placement
from tinker.cloud.market import market
from tinker.cloud.offers import offered, placements, table
from tinker.cloud.question import agreed
from tinker.cloud.resume import watch_again
from tinker.cloud.state import State
from tinker.cloud.trip import Trip, open_ledger
from tinker.cloud.workload import Workload
from tinker.config.accelerator import on_cards
from tinker.errors import FAILED, UserError
from tinker.grid.load import load_grid


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
