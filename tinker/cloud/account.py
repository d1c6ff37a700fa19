"""The user's account at RunPod, by the key in RUNPOD_API_KEY; and their pods by name."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import Pod
from tinker.cloud.costs import write_costs
from tinker.cloud.host import Say, Unreachable
from tinker.cloud.ledger import Ledger
from tinker.cloud.owned import owned
from tinker.cloud.reap import Found, look, reap, release, settle
from tinker.cloud.state import State
from tinker.cloud.voice import steady
from tinker.errors import FAILED, UserError

KEY = "RUNPOD_API_KEY"
CONSOLE = "https://console.runpod.io/pods"
#: Seconds after an order was begun until its pod shows in lists for sure: its answer may take 30 of them.
APPEAR = 90.0


def api() -> Api:
    """
    Raises:
        UserError: no key, or what the client needs is not installed.
    """
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise UserError(
            f"{KEY} is not set: make a key at https://console.runpod.io/user/settings (API keys, read and write), then "
            f"`export {KEY}=...`; to try it all without an account there is `tinker cloud fake`"
        )
    return Api(key)


def named_pod(service: Api, name: str, state: State | None = None) -> Pod:
    """This user's pod of that name or id.

    Raises:
        UserError: there is none.
    """
    mine = [each.pod for each in owned(service.pods(), (state or State()).owner())]
    for pod in mine:
        if name in (pod.name, pod.id):
            return pod
    there = ", ".join(pod.name for pod in mine) or "none"
    raise UserError(f"{name}: no pod of yours; there are: {there}", exit_code=FAILED)


def shell(name: str, command: Sequence[str]) -> list[str]:
    """The command that opens a shell in a pod of this user's, or runs something there.

    Raises:
        UserError: no such pod, or it has no SSH endpoint yet, or its fleet's key is not on this computer.
    """
    from tinker.cloud.reach.ways import target_of

    state = State()
    pod = named_pod(api(), name, state)
    target = target_of(pod, state)
    return ["ssh", *[word for word in target.options() if word != "-T"], target.host, *command]


def reap_now(
    say: Say,
    service: Api | None = None,
    state: State | None = None,
    *,
    everything: bool = False,
    quiet: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> bool:
    """Gives back what nobody looks after, and says what else there is; `quiet` says nothing where nothing is.

    Returns:
        Whether all that was to go is gone.

    Raises:
        UserError: RunPod could not be asked.
    """
    service, state, say = service or api(), state or State(), steady(say)
    _await_orders(service, state, say, wait)
    found = look(service, state)
    try:
        left = reap(service, found, say, everything=everything, rescue=lambda each: _rescue(each, say), wait=wait)
    finally:
        release(found)
    settle(service, state, say, write_costs)
    stay = [each for each in found if not everything and not each.forlorn]
    for each in stay:
        say(f"left alone: {each}")
    if stay and not quiet:
        say("`tinker cloud reap --all-mine` deletes these too, runs that are at work included")
    for each in left:
        name = each.mine.pod.name
        say(f"WARNING: {name} could not be deleted and goes on costing; try again, or delete it at {CONSOLE}")
    if not found and not quiet:
        say("no pods of yours")
    return not left


def _await_orders(service: Api, state: State, say: Say, wait: Callable[[float], None]) -> None:
    """A launcher that died right after an order: a list may show its pod only now."""
    fresh = 0.0
    for folder in state.fleets():
        if folder.ledger.exists() and folder.hold():
            with suppress(UserError):  # a damaged ledger is said where it matters
                fresh = max([fresh, *(pod.since for pod in Ledger(folder.ledger).account.open if pod.pod_id is None)])
            folder.let_go()
    left = fresh + APPEAR - service.now()
    if left > 0:
        say(f"an order was begun a moment ago and never answered; waiting {left:.0f} s to see whether a pod came of it")
        wait(left)


def _rescue(found: Found, say: Say) -> None:
    """Brings home what the head of a run has."""
    from tinker.cloud.reach.ways import fleet_reach

    assert found.folder is not None
    account, pod = Ledger(found.folder.ledger).account, found.mine.pod
    opened = account.open
    if not account.submissions or pod.ssh is None or not opened or opened[0].name != pod.name:
        return
    host = fleet_reach(found.folder, account)(pod, pod.ssh)
    try:
        say(f"{pod.name}: {host.fetch(say)} results brought home")
    except (Unreachable, UserError) as error:
        say(f"{pod.name}: its results cannot be brought home: {error}")
    finally:
        host.close()
