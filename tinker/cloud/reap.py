"""Pods that nobody looks after any more, found by the account's own list, and given back.

A fleet's launcher holds a lock while it lives. A pod of a fleet whose launcher is gone is an orphan, unless the
launcher left on purpose: then the run there goes on, until its deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tinker.cloud.api.client import Api
from tinker.cloud.api.errors import ApiError
from tinker.cloud.costs import settle_bills
from tinker.cloud.host import Say
from tinker.cloud.ledger import Account, Ledger
from tinker.cloud.owned import Owned, owned
from tinker.cloud.state import FleetFolder, State
from tinker.errors import UserError

#: Seconds after its deadline until a pod that still is there counts as one that cannot delete itself.
LATE = 120.0

Standing = Literal["orphan", "late", "alive", "detached", "elsewhere", "unreadable"]
WORDS: dict[Standing, str] = {
    "orphan": "its launcher has died",
    "late": "it should have deleted itself by now",
    "alive": "its launcher is at work",
    "detached": "its run goes on without a launcher, `tinker attach` shows it",
    "elsewhere": "it is of a fleet that this computer does not know",
    "unreadable": "the ledger of its fleet is damaged, so nobody knows whether its run goes on",
}


@dataclass(frozen=True)
class Found:
    """A pod of this user's, and how it stands. `folder` is its fleet's, where that is known and nobody holds it."""

    mine: Owned
    standing: Standing
    folder: FleetFolder | None = None

    @property
    def forlorn(self) -> bool:
        """Whether it is to go."""
        return self.standing in ("orphan", "late")

    def __str__(self) -> str:
        pod = self.mine.pod
        return (
            f"{pod.name} ({pod.id}, {pod.count} x {pod.card}, ${pod.usd_per_hour:.2f} an hour): {WORDS[self.standing]}"
        )


def look(api: Api, state: State) -> list[Found]:
    """Every pod of this user's. The folders in it are held by this process: `release` them.

    Raises:
        UserError: RunPod could not be asked; that is not the same as no pods.
    """
    mine = owned(api.pods(), state.owner())
    now, held = api.now(), dict[str, FleetFolder | None]()
    found = []
    for each in mine:
        if each.fleet not in held:
            folder = state.fleet(each.fleet)
            held[each.fleet] = folder if folder is not None and folder.hold() else None
        folder = held[each.fleet]
        known = state.fleet(each.fleet) is not None
        if each.deadline is not None and now > each.deadline + LATE:
            standing: Standing = "late"
        elif folder is not None:
            standing = _left(folder)
        else:
            standing = "alive" if known else "elsewhere"
        found.append(Found(each, standing, folder))
    return found


def _left(folder: FleetFolder) -> Standing:
    """How a fleet was left whose launcher is gone."""
    try:
        return "detached" if Ledger(folder.ledger).account.detached else "orphan"
    except UserError:
        return "unreadable"


def release(found: Sequence[Found]) -> None:
    """Lets go of the fleets of `look`."""
    for folder in {each.folder.name: each.folder for each in found if each.folder is not None}.values():
        folder.let_go()


def reap(
    api: Api,
    found: Sequence[Found],
    say: Say,
    *,
    everything: bool = False,
    rescue: Callable[[Found], None] = lambda found: None,
    tries: int = 5,
    wait: Callable[[float], None] = time.sleep,
) -> list[Found]:
    """Deletes the forlorn ones, or with `everything` all; returns those that are still there.

    `rescue` is asked first to bring home what a pod has; whatever becomes of that, the pod goes.
    """
    doomed = [each for each in found if everything or each.forlorn]
    for each in doomed:
        if each.folder is not None:
            try:
                rescue(each)
            except Exception as error:
                say(f"{each.mine.pod.name}: its results cannot be brought home: {error or type(error).__name__}")
    left = doomed
    for attempt in range(tries):
        wait(min(10.0, 2.0**attempt) if attempt else 0.0)  # a list may show for a while what is gone
        for each in left:
            try:
                _note(each, "deleting", say)
                api.delete_pod(each.mine.pod.id)
            except ApiError as error:
                say(f"{each.mine.pod.name} is not deleted yet: {error}")
        there = {pod.id for pod in api.pods() if pod.status != "TERMINATED"}
        for each in left:
            if each.mine.pod.id not in there:
                _note(each, "deleted", say, until=api.now())
                say(f"deleted {each}")
        left = [each for each in left if each.mine.pod.id in there]
        if not left:
            break
    return left


def _note(found: Found, kind: Literal["deleting", "deleted"], say: Say, **facts: float) -> None:
    """In the fleet's ledger, where it can be written. What is wrong with that keeps no pod from being deleted."""
    try:
        if found.folder is not None:
            _write(found, found.folder, kind, facts)
    except UserError as error:
        say(str(error))


def _write(found: Found, folder: FleetFolder, kind: Literal["deleting", "deleted"], facts: dict[str, float]) -> None:
    """A pod that is not in the ledger came of an order without an answer."""
    ledger, pod = Ledger(folder.ledger), found.mine.pod
    entry = ledger.account.pods.get(pod.name)
    if entry is not None and entry.pod_id is None:
        ledger.write(
            "created",
            name=pod.name,
            pod_id=pod.id,
            usd_per_hour=pod.usd_per_hour or entry.usd_per_hour,
            since=pod.created,
            data_center=pod.data_center,
            image=pod.image,
        )
    if entry is not None:
        ledger.write(kind, name=pod.name, **facts)


def settle(
    api: Api,
    state: State,
    say: Say = lambda line: None,
    keep_account: Callable[[Account, float], None] = lambda account, now: None,
) -> None:
    """Closes the accounts of fleets that have nothing left, whose launcher died before it could write that down.

    An order of which no pod is listed came to nothing; a pod that is not there any more has ended by its deadline.
    What was rented with another key, or of another service, is not in this list: that is over with its deadline.
    `keep_account` writes down what a fleet has cost, for the tables.
    """
    listed, now = {pod.name for pod in api.pods() if pod.status != "TERMINATED"}, api.now()
    for folder in state.fleets():
        if not folder.ledger.exists() or not folder.hold():
            continue
        try:
            ledger = Ledger(folder.ledger)
            account = ledger.account
            if account.closed or account.about.get("on", "runpod") != "runpod":
                continue
            if account.about.get("account", api.mark) != api.mark and any(now < pod.deadline for pod in account.open):
                continue
            for entry in ledger.account.open:
                if entry.name in listed:
                    break
                if entry.pod_id is None:
                    ledger.write("refused", name=entry.name, why="no pod of that name")
                else:
                    ledger.write("deleted", name=entry.name, until=min(now, max(entry.since, entry.deadline)))
            else:
                settle_bills(api, ledger)
                if account.about:
                    ledger.write("closed")
                    keep_account(account, now)
        except UserError as error:
            say(f"{folder.name}: {error}")
        finally:
            folder.let_go()
