"""A fleet that goes on without a launcher: watched again, or stopped and given back."""

from __future__ import annotations

from tinker.cloud.account import api
from tinker.cloud.going import goes_on, rented
from tinker.cloud.host import Say
from tinker.cloud.ledger import Ledger
from tinker.cloud.resume import watch_again
from tinker.cloud.state import FleetFolder, State
from tinker.cloud.visit import visit_again
from tinker.cloud.voice import steady
from tinker.errors import BUSY, FAILED, UserError


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
    if len(going) == 1 and not rented(going[0]):
        return visit_again(going[0], say, say)
    named = state.fleet(name) if name is not None else None
    service = api() if named is None or not named.ledger.exists() or rented(named) else None
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
    if folder is not None and goes_on(folder) and not rented(folder):
        visit_again(folder, say, say, stop=True)
        return 0 if Ledger(folder.ledger).account.closed else FAILED
    if folder is not None and folder.ledger.exists() and not rented(folder):
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
