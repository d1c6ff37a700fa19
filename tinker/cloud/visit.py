"""`--on ssh://...` and `--on ray://...`: a machine or a cluster of the user's own. Nothing is rented, nothing deleted.

The way is that of rented machines: code and environment go there, the run is a Ray job, its results come home.
"""

from __future__ import annotations

import time

from tinker.cloud.assembly import freight_of, token_of
from tinker.cloud.borrowed import Borrowed
from tinker.cloud.crew import Errand
from tinker.cloud.host import Host, Say
from tinker.cloud.launch import Launch
from tinker.cloud.lender import Placement
from tinker.cloud.reach.home import Home
from tinker.cloud.reach.host import OwnHost
from tinker.cloud.reach.ssh import Ssh
from tinker.cloud.reach.target import Target
from tinker.cloud.start import Trip, open_ledger
from tinker.cloud.state import State
from tinker.errors import UserError


def on_host(on: str, trip: Trip, say: Say, print_log: Say, *, detach: bool) -> int:
    """Runs the grid there.

    Returns:
        The exit code of the run, FAILED or INTERRUPTED.

    Raises:
        UserError: the address is none, the machine does not answer, or it did not come to work.
    """
    folder = State().new_fleet()
    folder.hold()
    ledger = open_ledger(folder, trip, time.time(), on)
    host = _host(on, folder.name, trip)
    freight = freight_of(trip.file, trip.overrides, trip.results, rented=False)
    errand = Errand(trip.words, 1, None, lambda: (Placement("", 0.0),), freight)
    lender = Borrowed(on, host, trip.fleet, ledger)
    launch = Launch(lender, ledger, errand, token_of(folder), say, print_log, keep_account=lambda: None)
    return launch.run(detach=detach)


def _host(on: str, fleet: str, trip: Trip) -> Host:
    kind, _, rest = on.partition("://")
    user, _, place = rest.rpartition("@")
    name, colon, port = place.partition(":")
    if not name or (colon and not port.isdigit()) or "/" in place:
        raise UserError(f"--on {on}: not an address; write {kind}://{'[USER@]' if kind == 'ssh' else ''}HOST[:PORT]")
    home = Home(trip.results, trip.fleet.checkpoints)
    deadline = time.time() + 3600 * trip.fleet.max_hours
    target = Target(place, name, int(port) if port else None, user or None)
    return OwnHost(Ssh(target), home, fleet, deadline, 60 * trip.fleet.idle_minutes)
