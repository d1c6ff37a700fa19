"""The way into a rented pod: with its fleet's key, to the server whose key the fleet has noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from tinker.cloud.api.wire import Endpoint, Pod
from tinker.cloud.host import Host
from tinker.cloud.ledger import Account
from tinker.cloud.owned import FLEET
from tinker.cloud.reach.home import Home
from tinker.cloud.reach.host import SshHost
from tinker.cloud.reach.keys import client_key
from tinker.cloud.reach.ssh import Ssh
from tinker.cloud.reach.target import Target
from tinker.cloud.state import FleetFolder, State
from tinker.errors import FAILED, UserError

Reach = Callable[[Pod, Endpoint], Host]


def reacher(folder: FleetFolder, results: Path, checkpoints: Literal["unfinished", "all", "none"]) -> Reach:
    """For the pods of one fleet, whose results belong into that folder."""

    def reach(pod: Pod, endpoint: Endpoint) -> Host:
        return SshHost(Ssh(_target(pod.name, endpoint, folder)), Home(results, checkpoints))

    return reach


def fleet_reach(folder: FleetFolder, account: Account) -> Reach:
    """For the pods of a fleet that is in a ledger."""
    about = account.about
    return reacher(folder, Path(about["results"]), about["fleet"]["checkpoints"])


def target_of(pod: Pod, state: State) -> Target:
    """
    Raises:
        UserError: it has no endpoint yet, or its fleet is not known here.
    """
    folder = state.fleet(pod.env.get(FLEET, ""))
    if folder is None or not (folder.keys / "known_hosts").exists():
        raise UserError(f"{pod.name}: the keys of its fleet are not on this computer", exit_code=FAILED)
    if pod.ssh is None:
        raise UserError(f"{pod.name} has no SSH endpoint yet: it is booting, try again", exit_code=FAILED)
    return _target(pod.name, pod.ssh, folder)


def _target(name: str, endpoint: Endpoint, folder: FleetFolder) -> Target:
    key = client_key(folder.keys)
    return Target(name, endpoint.host, endpoint.port, endpoint.user, key.path, folder.keys / "known_hosts")
