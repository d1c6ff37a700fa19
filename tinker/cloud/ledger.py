"""What a fleet was meant to be, is, and costs: a line for each thing, on disk before the thing is done.

An intent stands there before each order, since the answer to an order may be lost while the pod bills. The lines are
only ever added to, so that a launcher that is killed at any moment leaves an account that another one can go on with.
All times are the server's, in seconds since 1970.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tinker.errors import FAILED, UserError

Kind = Literal[
    "fleet",  # what it is for: grid, results, limits
    "intent",  # a pod is about to be ordered: name, card, usd_per_hour at most, deadline
    "refused",  # no pod came of that intent: why
    "created",  # the pod is there and bills: pod_id, usd_per_hour, since, data_center, image
    "ready",  # it answers
    "lost",  # it died: why
    "deleting",  # it is about to be given back
    "deleted",  # it is gone: until
    "billed",  # what RunPod says that it cost: usd
    "submitted",  # the run is about to be started: number, from 1
    "detached",  # the launcher left on purpose; the run goes on
    "attached",  # a launcher is there again
    "ended",  # the run ended: code
    "closed",  # everything was given back
]


@dataclass
class Rented:
    """One pod, or the intent of one.

    Attributes:
        usd_per_hour: of the pod; before it is known, at most.
        since: when it was created, or when it was about to be.
        until: when it was gone; None while it may bill.
        deadline: when it gives itself back.
        usd_billed: what RunPod says that it cost, once it does.
    """

    name: str
    card: str
    usd_per_hour: float
    since: float
    deadline: float
    pod_id: str | None = None
    until: float | None = None
    data_center: str | None = None
    image: str = ""
    usd_billed: float | None = None

    @property
    def open(self) -> bool:
        """Whether it may bill."""
        return self.until is None

    def usd(self, now: float) -> float:
        """By the clock: what it has cost until now."""
        return self.usd_per_hour * self.seconds(now) / 3600

    def seconds(self, now: float) -> float:
        """From its creation until it was gone, image pull included."""
        return max(0.0, (now if self.until is None else self.until) - self.since)

    def cost(self, now: float) -> float:
        """As billed, or else by the clock."""
        return self.usd(now) if self.usd_billed is None else self.usd_billed


@dataclass
class Account:
    """A fleet, by its ledger."""

    about: dict[str, Any] = field(default_factory=dict)
    pods: dict[str, Rented] = field(default_factory=dict)
    submissions: int = 0
    detached: bool = False
    ended: int | None = None
    closed: bool = False

    @property
    def open(self) -> list[Rented]:
        """What may bill."""
        return [pod for pod in self.pods.values() if pod.open]

    def usd(self, now: float) -> float:
        """What all of it has cost until now."""
        return sum(pod.cost(now) for pod in self.pods.values())

    def at_most(self, now: float) -> float:
        """What it will have cost if every pod that is open lives until its deadline."""
        return sum(pod.usd(max(now, pod.deadline)) if pod.open else pod.cost(now) for pod in self.pods.values())

    def take(self, kind: str, facts: Mapping[str, Any]) -> None:
        """One line more."""
        pod = self.pods.get(facts.get("name", ""))
        match kind:
            case "fleet":
                self.about = dict(facts)
            case "intent":
                self.pods[facts["name"]] = Rented(**facts)
            case "created" if pod is not None:
                pod.until = None  # it may have been given up for refused
                for key, value in facts.items():
                    setattr(pod, key, value)
            case "refused" if pod is not None:
                pod.until = pod.since
            case "deleted" if pod is not None:
                pod.until = facts["until"]
            case "billed" if pod is not None:
                pod.usd_billed = facts["usd"]
            case "submitted":
                self.submissions = facts["number"]
            case "detached" | "attached":
                self.detached = kind == "detached"
            case "ended":
                self.ended = facts["code"]
            case "closed":
                self.closed = True


class Ledger:
    """The file, and the account that it makes.

    Raises:
        UserError: on every call, where the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.account = Account()
        try:
            lines = path.read_bytes().splitlines() if path.exists() else []
        except OSError as error:
            raise self._trouble(error) from None
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
            except ValueError:  # its writer died in the middle of it; what it announced was not done then
                continue
            try:
                self.account.take(entry.pop("kind"), entry)
            except (KeyError, TypeError, AttributeError) as error:
                raise UserError(
                    f"{path}:{number}: not a line of a ledger ({error!r}); the file was damaged: once `tinker cloud "
                    f"ls` shows no pod of {path.parent.name}, remove that folder",
                    exit_code=FAILED,
                ) from None

    def write(self, kind: Kind, **facts: Any) -> None:
        """Adds a line, and returns when it is on disk."""
        line = json.dumps({"kind": kind, **facts}, separators=(",", ":")) + "\n"
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                if _torn(self.path):
                    line = "\n" + line
                data = line.encode()
                if os.write(descriptor, data) != len(data):  # a disk that has just become full
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._trouble(error) from None
        self.account.take(kind, facts)

    def _trouble(self, error: OSError) -> UserError:
        return UserError(f"{self.path}: {error.strerror}: what is rented cannot be written down", exit_code=FAILED)


def _torn(path: Path) -> bool:
    """Whether the last line has no end."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
