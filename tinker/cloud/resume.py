"""A rented fleet that has lost its launcher, taken up by another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import OVER, Pod
from tinker.cloud.assembly import freight_of, rented_launch
from tinker.cloud.crew import Errand
from tinker.cloud.going import taken
from tinker.cloud.host import Say
from tinker.cloud.ledger import Ledger, Rented
from tinker.cloud.lender import Member
from tinker.cloud.reach.ways import reacher
from tinker.cloud.renting import member_of
from tinker.cloud.state import FleetFolder, State
from tinker.config.strict import parse
from tinker.errors import FAILED, UserError
from tinker.grid.fleet import Fleet


def watch_again(
    service: Api, state: State, folder: FleetFolder, say: Say, print_log: Say, *, stop: bool = False
) -> int:
    """Watches its run to the end, and gives everything back; with `stop` the run is asked to end first.

    Returns:
        The exit code of the run.

    Raises:
        UserError: its launcher is at work, its pods are another account's, or one cannot be reached at the moment.
    """
    ledger = taken(folder)
    about = ledger.account.about
    fleet, results = parse(Fleet, about["fleet"]), Path(about["results"])
    reach = reacher(folder, results, fleet.checkpoints)
    listed = {pod.id: pod for pod in service.pods() if pod.status != "TERMINATED"}
    members: list[Member] = []
    gone: list[Rented] = []
    _check_account(service, ledger, listed)
    for entry in ledger.account.open:  # in the order in which they came: the first one is the head
        pod = listed.get(entry.pod_id or "")
        if pod is not None and pod.ssh is None and pod.status not in OVER and not stop:
            raise UserError(
                f"{pod.name} has no SSH endpoint at the moment, as a pod whose container starts; nothing was changed: "
                "try again in a minute",
                exit_code=FAILED,
            )
        if pod is None or pod.ssh is None:
            gone.append(entry)
        else:
            members.append(member_of(pod, reach(pod, pod.ssh), entry.usd_per_hour, folder.name))
    head_lost = bool(gone) and (not members or gone[0].since < ledger.account.pods[members[0].name].since)
    errand = Errand(
        ("run", about["file"], *about["overrides"], *about["options"]),
        fleet.pods,
        fleet.min_cuda,
        lambda: (),  # a fleet that lost every pod is not rented again without the question
        freight_of(Path(about["file"]), about["overrides"], results, rented=True),
    )
    launch = rented_launch(service, state, folder, ledger, errand, say, print_log)
    if stop:
        launch.asked.stops = 1
    return launch.go_on(members, [entry.name for entry in gone], head_lost=head_lost)


def _check_account(service: Api, ledger: Ledger, listed: Mapping[str, Pod]) -> None:
    """Pods that this key cannot see are not gone for that.

    Raises:
        UserError: the fleet was rented with another key, or of another service, and may still bill there.
    """
    account, now = ledger.account, service.now()
    other = account.about.get("account", service.mark) != service.mark
    if other and not any(pod.pod_id in listed for pod in account.open) and any(now < p.deadline for p in account.open):
        raise UserError(
            f"{account.about['name']}: none of its pods is in this account ({service.base_url}); it was rented with "
            "another RUNPOD_API_KEY or RUNPOD_API_BASE_URL: set those, and try again",
            exit_code=FAILED,
        )
