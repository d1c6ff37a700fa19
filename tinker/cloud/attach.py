"""A fleet that goes on without a launcher: found, watched again, or stopped and given back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tinker.cloud.account import api
from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import OVER, Pod
from tinker.cloud.assembly import freight_of, rented_launch
from tinker.cloud.crew import Errand
from tinker.cloud.host import Say
from tinker.cloud.ledger import Ledger, Rented
from tinker.cloud.lender import Member
from tinker.cloud.reach.ways import reacher
from tinker.cloud.renting import member_of
from tinker.cloud.state import FleetFolder, State
from tinker.cloud.voice import steady
from tinker.config.strict import parse
from tinker.errors import BUSY, FAILED, UserError
from tinker.grid.fleet import Fleet


def attach(name: str | None, say: Say) -> int:
    """Watches a fleet again, to the end of its run; the only one there is needs no name.

    Returns:
        The exit code of the run.

    Raises:
        UserError: there is none of that name, or it has nothing left to watch.
    """
    state, say = State(), steady(say)
    going = [folder for folder in state.fleets() if goes_on(folder)]
    if name is not None:
        going = [folder for folder in going if folder.name == name]
    if len(going) == 1 and not _rented(going[0]):
        from tinker.cloud.visit import visit_again

        return visit_again(going[0], say, say)
    named = state.fleet(name) if name is not None else None
    service = api() if named is None or not named.ledger.exists() or _rented(named) else None
    if service is None or len(going) != 1:
        there = ", ".join(folder.name for folder in state.fleets() if goes_on(folder)) or "none"
        raise UserError(f"{name or 'no fleet is named'}: fleets with a run that goes on: {there}", exit_code=FAILED)
    return watch_again(service, state, going[0], say, say)


def down(name: str, say: Say) -> int:
    """Stops a fleet's run, brings its results home, and gives everything back.

    Raises:
        UserError: there is none of that name, or its launcher is at work.
    """
    state, say = State(), steady(say)
    folder = state.fleet(name)
    if folder is not None and goes_on(folder) and not _rented(folder):
        from tinker.cloud.visit import visit_again

        visit_again(folder, say, say, stop=True)
        return 0 if Ledger(folder.ledger).account.closed else FAILED
    if folder is not None and folder.ledger.exists() and not _rented(folder):
        return _close(folder, say)
    service = api()
    if folder is None or not folder.ledger.exists():
        there = ", ".join(each.name for each in state.fleets() if not Ledger(each.ledger).account.closed) or "none"
        raise UserError(f"{name}: no fleet of yours; open ones: {there}", exit_code=FAILED)
    if Ledger(folder.ledger).account.closed:
        say(f"{name} is given back already")
        return 0
    watch_again(service, state, folder, say, say, stop=True)
    return 0 if Ledger(folder.ledger).account.closed else FAILED


def _close(folder: FleetFolder, say: Say) -> int:
    """Of a machine of one's own, on which no run is known to go on: there is nothing to give back."""
    if not folder.hold():
        raise UserError(f"{folder.name}: its launcher is at work; end it with Ctrl-C there", exit_code=BUSY)
    ledger = Ledger(folder.ledger)
    if not ledger.account.closed:
        ledger.write("closed")
    say(f"{folder.name}: no run of it goes on, and nothing of it was rented")
    folder.let_go()
    return 0


def at_work(service: Api, state: State, results: Path, grid: str) -> FleetFolder | None:
    """The fleet that has a run of this grid going, without a launcher.

    Raises:
        UserError: there is one with a launcher.
    """
    for folder in state.fleets():
        account = Ledger(folder.ledger).account
        about = account.about
        if account.closed or (about.get("grid"), about.get("results")) != (grid, str(results.resolve())):
            continue
        if not folder.hold():
            raise UserError(
                f"{folder.name} is at work on {grid} already, and another process watches it; `tinker status` shows "
                "the run, `tinker stop` ends it",
                exit_code=BUSY,
            )
        folder.let_go()
        if not goes_on(folder):  # what is left of it is the reaper's
            continue
        listed = {pod.id for pod in service.pods() if pod.status != "TERMINATED"}
        if any(pod.pod_id in listed for pod in Ledger(folder.ledger).account.open):
            return folder
    return None


def goes_on(folder: FleetFolder) -> bool:
    """Whether a run was begun there, and its end is not known."""
    if not folder.ledger.exists():
        return False
    try:
        account = Ledger(folder.ledger).account
    except UserError:  # a damaged one must not keep the others from being watched
        return False
    there = bool(account.open) if account.about.get("on") == "runpod" else not account.closed
    return there and bool(account.submissions) and account.ended is None


def _rented(folder: FleetFolder) -> bool:
    return Ledger(folder.ledger).account.about.get("on") == "runpod"


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


def watch_again(
    service: Api, state: State, folder: FleetFolder, say: Say, print_log: Say, *, stop: bool = False
) -> int:
    """As `attach`, for that fleet; with `stop` the run is asked to end first."""
    if not folder.hold():
        raise UserError(
            f"{folder.name}: its launcher is at work; end it with Ctrl-C there, or with `tinker stop`", exit_code=BUSY
        )
    ledger = Ledger(folder.ledger)
    about = ledger.account.about
    if Path(about["folder"]).is_dir():
        os.chdir(about["folder"])  # what the grid's file names is named from there
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
