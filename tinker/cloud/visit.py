"""`--on ssh://...` and `--on ray://...`: a machine or a cluster of the user's own. Nothing is rented, nothing deleted.

The way is that of rented machines: code and environment go there, the run is a Ray job, its results come home.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from tinker.cloud.assembly import freight_of, token_of
from tinker.cloud.borrowed import Borrowed
from tinker.cloud.crew import Errand
from tinker.cloud.going import goes_on, taken
from tinker.cloud.host import Host, Say
from tinker.cloud.launch import Launch
from tinker.cloud.ledger import Ledger
from tinker.cloud.lender import Member, Placement
from tinker.cloud.reach.home import Home
from tinker.cloud.reach.host import OwnHost
from tinker.cloud.reach.jobs import Jobs
from tinker.cloud.reach.ray_host import RayHost
from tinker.cloud.reach.ssh import Ssh
from tinker.cloud.reach.target import Target
from tinker.cloud.state import FleetFolder, State
from tinker.cloud.trip import Trip, open_ledger
from tinker.config.strict import parse
from tinker.errors import UserError
from tinker.grid.fleet import Fleet

#: Where Ray's dashboard answers, unless told otherwise.
DASHBOARD = 8265


def on_host(on: str, trip: Trip, say: Say, print_log: Say, *, detach: bool) -> int:
    """Runs the grid there.

    Returns:
        The exit code of the run, FAILED or INTERRUPTED.

    Raises:
        UserError: the address is none, the machine does not answer, or it did not come to work.
    """
    host_at(on, "", trip.results, trip.fleet).close()  # what is no address leaves no folder behind
    state, wanted = State(), (on, trip.grid, str(trip.results.resolve()))
    for each in state.fleets():
        about = Ledger(each.ledger).account.about if goes_on(each) else {}
        if (about.get("on"), about.get("grid"), about.get("results")) == wanted:
            say(f"{each.name} is at work on {trip.grid}; watching it")
            return visit_again(each, say, print_log)
    folder = state.new_fleet()
    folder.hold()
    ledger = open_ledger(folder, trip, time.time(), on)
    return _launch(folder, ledger, say, print_log).run(detach=detach)


def visit_again(folder: FleetFolder, say: Say, print_log: Say, *, stop: bool = False) -> int:
    """Watches a run that another process has begun there, to its end; with `stop` it is asked to end first.

    Raises:
        UserError: that process is at work, or the machine does not answer.
    """
    ledger = taken(folder)
    about = ledger.account.about
    launch = _launch(folder, ledger, say, print_log)
    if stop:
        launch.asked.stops = 1
    fleet, run = parse(Fleet, about["fleet"]), f"{folder.name}-run-{ledger.account.submissions}"
    host = host_at(about["on"], folder.name, Path(about["results"]), fleet, run)
    return launch.go_on([Member(about["on"], host)], [], head_lost=False)


def _launch(folder: FleetFolder, ledger: Ledger, say: Say, print_log: Say) -> Launch:
    about = ledger.account.about
    fleet, results = parse(Fleet, about["fleet"]), Path(about["results"])
    errand = Errand(
        ("run", about["file"], *about["overrides"], *about["options"]),
        1,
        None,
        lambda: (Placement("", 0.0),),
        freight_of(Path(about["file"]), about["overrides"], results, rented=False),
    )
    lender = Borrowed(about["on"], lambda: host_at(about["on"], folder.name, results, fleet), fleet, ledger)
    return Launch(lender, ledger, errand, token_of(folder), say, print_log, keep_account=lambda: None)


def host_at(on: str, fleet: str, results: Path, asked: Fleet, run: str | None = None) -> Host:
    """The machine at that address.

    Args:
        fleet: the name of ours there.
        run: id of the run that is at work there, where one is.

    Raises:
        UserError: it is no address.
    """
    kind, _, rest = on.partition("://")
    user, _, place = rest.rpartition("@")
    name, colon, port = place.partition(":")
    wrong = not name or (colon and not port.isdigit()) or "/" in place or (kind == "ray" and user)
    if wrong or (port and not 0 < int(port) < 65536):
        raise UserError(f"--on {on}: not an address; write {kind}://{'[USER@]' if kind == 'ssh' else ''}HOST[:PORT]")
    home = Home(results, asked.checkpoints)
    if kind == "ray":
        jobs = Jobs(f"http://{name}:{port or DASHBOARD}", os.environ.get("RAY_AUTH_TOKEN") or None)
        return RayHost(jobs, on, home, fleet, run)
    deadline = time.time() + 3600 * asked.max_hours
    target = Target(place, name, int(port) if port else None, user or None)
    return OwnHost(Ssh(target), home, fleet, deadline, 60 * asked.idle_minutes)
