"""The watch over a machine that nobody rents: ends what home started there when nobody needs it any more.

By the keeper's rules (`keeper.why_end`): at the deadline, or when idle and all is home. It asks the run to end and then
ends Ray; files stay.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import Any

from tinker.cloud.pod import place, ray_part, signs
from tinker.cloud.pod.door import write_secret
from tinker.cloud.pod.keeper import last_sign, why_end

#: Between two looks, and for the run to save itself, seconds.
TICK, GRACE = 5.0, 60.0


def watch(deadline: float, idle: float) -> None:
    """Begins the watch in a process of its own, or gives the one that is on new orders.

    Args:
        deadline: seconds since 1970.
        idle: seconds.
    """
    known = _orders()
    on = known is not None and ray_part.born(known["pid"]) == known["born"]
    orders = {"deadline": deadline, "idle": idle, "start": time.time()}
    if on:
        assert known is not None
        _note({**orders, "pid": known["pid"], "born": known["born"]})
        return
    child = os.fork()
    if child:
        _note({**orders, "pid": child, "born": ray_part.born(child)})
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # or the connection that asked would wait for its end
        os.dup2(null, stream)
    try:
        keep()
    finally:
        os._exit(0)


def keep(tick: float = TICK, grace: float = GRACE) -> None:
    """Waits until the machine is not needed, and then ends what runs there."""
    while not _is_over():
        time.sleep(tick)
    signs.stop()
    until = time.monotonic() + grace
    while signs.job_now()[0] == "running" and time.monotonic() < until:
        time.sleep(min(tick, 1.0))
    known = ray_part.running()
    if known is not None:
        ray_part.end(known)


def _is_over() -> bool:
    orders = _orders()
    if orders is None:  # just being begun
        return False
    needed = last_sign(place.HOME, orders["start"])
    return why_end(time.time(), orders["deadline"], orders["idle"], needed, place.UNFETCHED.exists()) is not None


def _orders() -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        orders: dict[str, Any] = json.loads(place.GUEST.read_text())
        return orders
    return None


def _note(orders: dict[str, object]) -> None:
    write_secret(place.GUEST, json.dumps(orders).encode())
