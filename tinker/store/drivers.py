"""The drivers of a results folder as others see them: who there is, and who is gone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinker.store.process import ended, machine
from tinker.store.strict_json import decode

FOLDER = ".drivers"
TOKEN = re.compile(r"[0-9a-f]{32}")
#: A driver that has shown no sign of life for so long counts as gone.
TTL = 60.0  # seconds


@dataclass(frozen=True)
class Holder:
    """A driver as those are told who meet what it has, with the time since when (ISO 8601, UTC)."""

    token: str
    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


@dataclass(frozen=True)
class Driver:
    """A driver as its file tells.

    Attributes:
        machine, born: as `tinker.store.process` names the machine and the beginning of the process.
        command: its command line.
        started: ISO 8601 in UTC, for people.
        beat: how often it has written.
        said: what it wants to be known, as given to `Presence.say`.
    """

    token: str
    pid: int
    host: str
    machine: str
    born: str | None
    command: str
    started: str
    beat: int
    said: dict[str, Any]

    @property
    def here(self) -> bool:
        """Whether it runs on this machine, so that its process can be looked up."""
        return self.machine == machine()

    @property
    def dead(self) -> bool:
        """Whether its process has ended for sure. Of another machine's nobody can tell: see `Watch`."""
        return self.here and ended(self.pid, self.born)

    @classmethod
    def parse(cls, data: bytes) -> Driver:
        """
        Raises:
            ValueError: not what a driver wrote.
        """
        try:
            driver = cls(**decode(data))
        except TypeError as error:
            raise ValueError(f"not a driver: {error}") from None
        if not isinstance(driver.pid, int) or not isinstance(driver.said, dict) or not TOKEN.fullmatch(driver.token):
            raise ValueError("not a driver: no process, or no token")
        return driver


def presence_file(results: Path, token: str) -> Path:
    """Where the driver of that token shows that it lives."""
    return results / FOLDER / f"{token}.json"


def stop_file(results: Path, token: str) -> Path:
    """What asks that driver to stop; it may make more of the kind for its workers, `<token>.<anything>.stop`."""
    return results / FOLDER / f"{token}.stop"


def tokens(results: Path) -> list[str]:
    """Of all drivers that there are traces of, sorted."""
    with suppress(OSError):
        return sorted(p.stem for p in (results / FOLDER).iterdir() if p.suffix == ".json" and TOKEN.fullmatch(p.stem))
    return []


def drivers(results: Path) -> list[Driver]:
    """Those that show themselves, dead or alive, the earliest first; one whose file cannot be read now is left out."""
    found = []
    for token in tokens(results):
        with suppress(OSError, ValueError):
            found.append(Driver.parse(presence_file(results, token).read_bytes()))
    return sorted(found, key=lambda driver: (driver.started, driver.token))


def remove(results: Path, token: str) -> None:
    """Takes away what a driver left; one that lives after all shows itself again with its next beat."""
    for path in (presence_file(results, token), *(results / FOLDER).glob(f"{token}*.stop")):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def sweep(results: Path) -> list[Driver]:
    """Removes what dead drivers of this machine left, and returns them."""
    gone = [driver for driver in drivers(results) if driver.dead]
    for driver in gone:
        remove(results, driver.token)
    return gone


@dataclass
class _Seen:
    sign: tuple[bytes, int]
    at: float
    silent: float = 0.0


class Watch:
    """Knows which drivers are gone, by looking now and again.

    Args:
        clock: seconds that only ever grow.
    """

    def __init__(self, results: Path, *, ttl: float = TTL, clock: Callable[[], float] = time.monotonic) -> None:
        self.results, self.ttl, self.clock = results, ttl, clock
        self._seen: dict[str, _Seen] = {}

    def gone(self, token: str) -> bool:
        """Whether that driver works no more: no file, an ended process, or no sign of life since `ttl` seconds.

        The first look at a driver that is not of this machine says no; what it says later rests on all looks.
        """
        path = presence_file(self.results, token)
        try:
            sign = (path.read_bytes(), path.stat().st_mtime_ns)
        except FileNotFoundError:
            return True
        except OSError:  # a network file system that is away just now
            return False
        with suppress(ValueError):  # a file that cannot be read: only its silence tells
            if Driver.parse(sign[0]).dead:
                remove(self.results, token)
                return True
        return self._silence(token, sign) >= self.ttl

    def settle(self, tokens: Iterable[str], sleep: Callable[[float], None] = time.sleep) -> set[str]:
        """Watches these drivers until each has given a sign of life, or none for `ttl` seconds; returns the gone."""
        asked = set(tokens)
        gone = {token for token in asked if self.gone(token)}
        signs = {token: seen.sign for token in asked - gone if (seen := self._seen.get(token)) is not None}
        while signs:
            sleep(min(1.0, self.ttl / 20))
            for token, sign in list(signs.items()):
                if self.gone(token):
                    gone.add(token)
                if token in gone or self._seen[token].sign != sign:
                    del signs[token]
        return gone

    def _silence(self, token: str, sign: tuple[bytes, int]) -> float:
        now = self.clock()
        seen = self._seen.get(token)
        if seen is None or seen.sign != sign:
            self._seen[token] = _Seen(sign, now)
            return 0.0
        # Between two looks the observer may have been stopped himself, and with him the other: a long gap says little.
        seen.silent += min(now - seen.at, self.ttl / 2)
        seen.at = now
        return seen.silent
