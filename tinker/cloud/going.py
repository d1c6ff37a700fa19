"""Which fleets have a run that goes on."""

from __future__ import annotations

import os
from pathlib import Path

from tinker.cloud.api.client import Api
from tinker.cloud.ledger import Ledger
from tinker.cloud.state import FleetFolder, State
from tinker.errors import BUSY, UserError


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


def taken(folder: FleetFolder) -> Ledger:
    """The ledger of a fleet that is this process's from now on, which works in the folder that it was begun in.

    Raises:
        UserError: its launcher is at work.
    """
    if not folder.hold():
        raise UserError(
            f"{folder.name}: its launcher is at work; end it with Ctrl-C there, or with `tinker stop`", exit_code=BUSY
        )
    ledger = Ledger(folder.ledger)
    if Path(ledger.account.about["folder"]).is_dir():
        os.chdir(ledger.account.about["folder"])  # what the grid's file names is named from there
    return ledger


def rented(folder: FleetFolder) -> bool:
    """Whether its machines cost something, and so have to be given back."""
    return Ledger(folder.ledger).account.about.get("on") == "runpod"
