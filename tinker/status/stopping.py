"""Asking the drivers of a results folder to stop, and waiting until they have."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tinker.errors import FAILED, OK
from tinker.status.working import Working, working
from tinker.store.atomic import explained
from tinker.store.drivers import Watch, presence_file, stop_file
from tinker.tables.grids import load_grid

#: Seconds that drivers get: trials 30 to save themselves, Ray 20 to go down, and some for a slow disk.
LIMIT = 75.0
#: Seconds between two looks, and between two lines about those that are not gone yet.
LOOK_EVERY, TELL_EVERY = 0.5, 5.0


def stop(
    results: Path,
    grid: str | None,
    say: Callable[[str], None],
    *,
    wait: bool = True,
    limit: float = LIMIT,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Asks the drivers that live (and run that grid) to stop.

    Returns:
        An exit code: OK when they have, when nothing runs, and when nobody waits; FAILED when one goes on for longer
        than `limit` seconds, or is held and so does not hear.

    Raises:
        UserError: no such grid, or the results folder cannot be written.
    """
    there = [one for one in working(results) if one.life != "dead"]
    chosen = there if grid is None else [one for one in there if grid in one.grids]
    if not chosen:
        if grid is not None:
            load_grid(results, grid)
        others = f"; running are {', '.join(name for one in there for name in one.grids)}" if there else ""
        say("nothing runs" if grid is None else f"nobody runs {grid}{others}")
        return OK
    for one in chosen:
        path = stop_file(results, one.driver.token)
        with explained(path, 0):
            path.touch()
        say(f"{one.who} is asked to stop: {', '.join(one.grids) or one.driver.command}")
    return _wait(results, chosen, say, limit, clock, sleep) if wait else OK


def _wait(
    results: Path,
    chosen: list[Working],
    say: Callable[[str], None],
    limit: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> int:
    watch, began = Watch(results, clock=clock), clock()
    left, told = {one.driver.token: one for one in chosen}, began
    while left:
        now = {one.driver.token: one for one in working(results)}
        for token, one in list(left.items()):
            state = now.get(token)
            if state is None and presence_file(results, token).exists():
                continue  # just being written
            if state is None or state.life == "dead" or watch.gone(token):
                del left[token]
                say(f"{one.who} has {'stopped' if state is None else 'died'}")
        held = [one for token, one in now.items() if token in left and one.life == "stopped"]
        if held and len(held) == len(left):
            for one in held:
                say(f"{one.who} {one.trouble}; it will stop then")
            return FAILED
        if left and clock() - began >= limit:
            for token in left:
                say(f"{left[token].who} still runs after {limit:.0f} s; {_saving(now.get(token))}")
            return FAILED
        if left and clock() - told >= TELL_EVERY:
            told = clock()
            for token in left:
                say(f"{left[token].who}: {_saving(now.get(token))}")
        if left:
            sleep(LOOK_EVERY)
    return OK


def _saving(one: Working | None) -> str:
    labels = [str(trial.get("label", trial["trial"])) for trial in one.said_running] if one is not None else []
    more = f" and {len(labels) - 5} more" if len(labels) > 5 else ""
    return f"saving {', '.join(labels[:5])}{more}" if labels else "ending"
