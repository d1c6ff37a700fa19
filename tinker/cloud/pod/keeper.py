"""The first process of a rented machine: lets home in by SSH, and ends the machine when nobody needs it any more.

It comes with the order (`order.py`), before any other code does. A container that ends is started again and bills on,
so it never ends by itself, and finds what an earlier start has left.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from tinker.cloud.pod.door import SSHD, find_sshd, prepare_ssh, write_secret

API = "https://api.runpod.io"
DONE = (200, 202, 204)


def say(line: str) -> None:
    with contextlib.suppress(OSError):  # a full disk behind it must not end the keeper
        print(f"tinker keeper: {line}", flush=True)


class Clock:
    """The time of the service, by which the deadline was set: this machine's own may be wrong, or be set meanwhile."""

    def __init__(self) -> None:
        self._ahead: float | None = None

    def heard(self, date: str | None) -> None:
        """Takes the time from the `Date` of an answer."""
        with contextlib.suppress(TypeError, ValueError):
            self._ahead = parsedate_to_datetime(date or "").timestamp() - time.monotonic()

    def ahead(self) -> float:
        """Seconds that this machine's clock is behind; 0 as long as nobody has told."""
        return 0.0 if self._ahead is None else time.monotonic() + self._ahead - time.time()


@dataclass(frozen=True)
class Orders:
    """What the pod was ordered with. Without a deadline it is over at once: better no pod than one for ever."""

    home: Path
    deadline: float  # seconds since 1970
    idle: float  # seconds
    listen: str  # address:port of sshd
    pod: str
    base: str
    key: str = field(repr=False)
    clock: Clock = field(default_factory=Clock, repr=False)

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Orders:
        return cls(
            home=Path(env.get("TINKER_HOME") or Path(env.get("HOME", "/root"), "tinker")),
            deadline=_number(env, "TINKER_DEADLINE"),
            idle=_number(env, "TINKER_IDLE"),
            listen=env.get("TINKER_SSH_LISTEN", "0.0.0.0:22"),
            pod=env.get("RUNPOD_POD_ID", ""),
            base=env.get("RUNPOD_API_BASE_URL", API).rstrip("/"),
            key=env.get("RUNPOD_API_KEY", ""),
        )


def _number(env: Mapping[str, str], name: str) -> float:
    try:
        number = float(env[name])
        if math.isfinite(number):
            return number
    except (KeyError, ValueError):
        pass
    say(f"{name} is missing or no number: taken as 0")
    return 0.0


def why_end(now: float, deadline: float, idle: float, last_sign: float, unfetched: bool) -> str | None:
    """Why the machine is to end now, or None. All times are seconds since 1970, `idle` is seconds.

    Results that are not home yet keep it until its deadline.
    """
    if now >= deadline:
        return "deadline passed"
    if now - last_sign >= idle and not unfetched:
        return f"idle for {now - last_sign:.0f} s"
    return None


def first_start(home: Path) -> float:
    """When the machine began: a container that starts again is not younger by that."""
    mark = home / "started"
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return mark.stat().st_mtime
    except OSError as error:
        say(f"cannot write {mark}: {error.strerror}")
    return time.time()


def last_sign(home: Path, start: float) -> float:
    """When somebody last needed the machine: its start, word from home, or a trial at work."""
    times = [start]
    for name in ("heartbeat", "busy"):
        with contextlib.suppress(OSError):
            times.append((home / name).stat().st_mtime)
    return max(times)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The key goes to the address that was named, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def ask(orders: Orders, method: str, tail: str = "", body: dict[str, str] | None = None) -> int | str:
    """One call about this pod with its own key: the HTTP status, or what went wrong on the way."""
    request = urllib.request.Request(
        f"{orders.base}/v2/pods/{orders.pod}{tail}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"User-Agent": "tinker-keeper", "Content-Type": "application/json", "Accept": "application/json"},
    )
    request.add_unredirected_header("Authorization", f"Bearer {orders.key}")
    try:
        with urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({})).open(request, timeout=15) as got:
            orders.clock.heard(got.headers["Date"])
            return int(got.status)
    except urllib.error.HTTPError as error:
        orders.clock.heard(error.headers["Date"])
        return error.code
    except Exception as error:  # no network, no such name, a broken answer: there is no end but to try again
        return type(error).__name__


def delete(orders: Orders) -> bool:
    """Deletes this pod by either way. If both are refused, says so, and leaves the reason where home finds it."""
    first = ask(orders, "DELETE")
    second = first if first in DONE else ask(orders, "POST", "/action", {"action": "terminate"})
    if second not in DONE:
        refuse(orders, f"DELETE was answered {first}, terminate was answered {second}")
    return second in DONE


def refuse(orders: Orders, reason: str) -> None:
    text = f"the pod's own key cannot delete it: {reason}"
    say(f"refused: {text}")
    with contextlib.suppress(OSError):  # a full disk; it was said above
        write_secret(orders.home / "refused", text.encode())


def check_key(orders: Orders) -> bool:
    """Asks for this pod, so that home learns of a refused key before it relies on it; whether there was an answer."""
    status = ask(orders, "GET")
    if status in (401, 403):
        refuse(orders, f"GET was answered {status}")
    elif status == 200:
        (orders.home / "refused").unlink(missing_ok=True)
    else:
        say(f"the API does not answer ({status})")
        return False
    return True


def keep(env: Mapping[str, str], *, tick: float = 1.0, again: float = 60.0) -> None:
    """Runs until it is killed. `tick` and `again` (after a deletion that did not end us): seconds."""
    orders = Orders.read(env)
    with contextlib.suppress(OSError):
        orders.home.mkdir(parents=True, exist_ok=True)
    start = first_start(orders.home)
    say(f"started: pod {orders.pod}, deadline in {orders.deadline - time.time():.0f} s, idle after {orders.idle:.0f} s")
    answered, next_ask = check_key(orders), time.time() + again
    find_sshd(say, min(600.0, max(1.0, orders.deadline - orders.clock.ahead() - time.time())))
    command: list[str] = []
    try:
        command = prepare_ssh(orders.home, orders.listen, env)
    except (KeyError, ValueError, OSError) as error:  # whatever is wrong, the pod must still end in time
        say(f"no SSH server: {type(error).__name__} {error.args[0] if isinstance(error, KeyError) else ''}".rstrip())
    sshd, next_start, next_end = 0, 0.0, 0.0
    while True:
        now = time.time()
        if command and not sshd and now >= next_start and Path(SSHD).exists():
            say("sshd restarted" if next_start else f"sshd started on {orders.listen}")
            next_start = now + 5
            try:
                sshd = subprocess.Popen(command, env={"PATH": os.defpath}, stdin=subprocess.DEVNULL).pid
            except OSError as error:  # no memory for another process, say
                say(f"sshd does not start: {error.strerror}")
        if not answered and now >= next_ask:
            answered, next_ask = check_key(orders), now + again
        deadline, needed = orders.deadline - orders.clock.ahead(), last_sign(orders.home, start)
        reason = why_end(now, deadline, orders.idle, needed, (orders.home / "unfetched").exists())
        if reason and now < deadline and _somebody_in(sshd):  # what home sends, or installs, may take long
            reason = None
        if reason and now >= next_end:
            say(f"{reason}: deleting")
            say("deleting: accepted" if delete(orders) else f"deleting: not yet, again in {again:.0f} s")
            next_end = now + again
        time.sleep(tick)
        for pid in _ended():
            sshd = 0 if pid == sshd else sshd


def _somebody_in(sshd: int) -> bool:
    """Whether a connection is open: the server has a child for each."""
    for stat in Path("/proc").glob("[0-9]*/stat") if sshd else ():
        with contextlib.suppress(OSError, IndexError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if parent == str(sshd) and state not in "ZX":
                return True
    return False


def _ended() -> list[int]:
    """Children that have ended, and orphans of sessions, which fall to a container's first process."""
    ended = []
    with contextlib.suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            ended.append(pid)
    return ended


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    keep(os.environ)
