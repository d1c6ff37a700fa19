"""Puts the launcher of a fleet together, of a new one and of one that another process has left."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from tinker.cloud.api.client import Api
from tinker.cloud.caps import Caps
from tinker.cloud.cluster import Freight
from tinker.cloud.costs import write_costs
from tinker.cloud.crew import Errand
from tinker.cloud.host import Say
from tinker.cloud.launch import Launch
from tinker.cloud.ledger import Ledger
from tinker.cloud.orders import Orders
from tinker.cloud.pod.tree import fingerprint
from tinker.cloud.reach.bundle import bundle, packages
from tinker.cloud.reach.keys import client_key
from tinker.cloud.reach.lock import lock
from tinker.cloud.reach.ways import reacher
from tinker.cloud.renting import Renting
from tinker.cloud.state import FleetFolder, State
from tinker.config.accelerator import on_cards
from tinker.config.strict import parse
from tinker.grid.fleet import Fleet


def freight_of(file: Path, overrides: Sequence[str], results: Path, *, rented: bool) -> Freight:
    """What machines get for the run of that grid; of earlier results those of trials that are planned there too."""

    def packed() -> bytes:
        with on_cards() if rented else nullcontext():
            return bundle(file, overrides, results)

    return Freight(packed, fingerprint(packages()), lock())


def rented_launch(
    service: Api, state: State, folder: FleetFolder, ledger: Ledger, errand: Errand, say: Say, print_log: Say
) -> Launch:
    """The launcher of a fleet at RunPod. This process holds its folder."""
    about = ledger.account.about
    fleet, owner = parse(Fleet, about["fleet"]), state.owner()
    renting = Renting(
        service,
        ledger,
        Caps(fleet, ledger.account),
        owner,
        Orders(fleet, folder, owner),
        reacher(folder, Path(about["results"]), fleet.checkpoints),
        say,
    )
    launch = Launch(
        renting,
        ledger,
        errand,
        token_of(folder),
        say,
        print_log,
        keep_account=lambda: write_costs(ledger.account, service.now()),
    )
    renting.use(launch.wait)
    return launch


def token_of(folder: FleetFolder) -> str:
    """Ray's token of a fleet: whoever has its private key can make it, and it is written down nowhere here."""
    secret = client_key(folder.keys).path.read_bytes()
    return hashlib.sha256(b"ray" + secret).hexdigest()
