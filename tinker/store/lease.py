"""Who works on a trial: `lease.json` in its folder, so that two drivers of one store share the work.

A lease is worth what its driver is: one whose driver is gone (see `tinker.store.drivers.Watch`) is taken over. It saves
work and decides nothing: that a trial is never recorded twice is for the fence in `Store.commit`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import filelock

from tinker.errors import UserError
from tinker.store.atomic import commit_once, explained, make_folder, write_bytes
from tinker.store.drivers import FOLDER, TTL, Holder, Watch
from tinker.store.layout import TrialFolder
from tinker.store.presence import Presence
from tinker.store.strict_json import encode

#: A driver that was stopped while it held the lock on take-overs is not waited for longer than this.
PATIENCE = 5.0  # seconds


def holder(folder: TrialFolder) -> Holder | None:
    """Whose lease there is, dead or alive; None where there is none that can be read."""
    data = read_lease(folder)
    return None if data is None else parse_lease(data)


def read_lease(folder: TrialFolder) -> bytes | None:
    """The lease as it is on disk."""
    try:
        return folder.lease.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def parse_lease(data: bytes) -> Holder | None:
    """Whom it names; None where it is torn, as by a power cut, which no driver outlives."""
    try:
        found = Holder(**json.loads(data))
    except (ValueError, TypeError):
        return None
    return found if isinstance(found.token, str) else None


class Leases:
    """The leases of one driver; `with` them, those that it still has are given up at the end.

    Args:
        ttl: how long another driver must be silent until it counts as gone, seconds.
    """

    def __init__(self, results: Path, presence: Presence, *, ttl: float = TTL) -> None:
        self.results, self.presence = results, presence
        self.watch = Watch(results.resolve(), ttl=ttl)
        self._held: dict[Path, TrialFolder] = {}
        self._lock = filelock.FileLock(results.resolve() / FOLDER / ".lock", fallback_to_soft=False)

    def take(self, folder: TrialFolder) -> Holder | None:
        """Takes the trial, without waiting. The folder is made if need be. To be asked again later where refused.

        Returns:
            None where the trial is ours now, or was before; else who has it.

        Raises:
            UserError: the store cannot be written.
        """
        while True:
            found = read_lease(folder)
            if found is None:
                if commit_once(folder.lease, self._ours(), durable=False):
                    break
                continue
            other = parse_lease(found)
            if other is not None and other.token == self.presence.token:
                break
            if other is not None and not self.watch.gone(other.token):
                return other
            with self._alone():
                if read_lease(folder) == found:  # of those who find a driver gone the first takes the trial
                    write_bytes(folder.lease, self._ours(), durable=False)
        self._held[folder.path] = folder
        return None

    def mine(self, folder: TrialFolder) -> bool:
        """Whether the trial is still ours: a driver that was silent for long finds its leases taken."""
        found = holder(folder)
        return found is not None and found.token == self.presence.token

    def drop(self, folder: TrialFolder) -> None:
        """Gives the trial up, if it is still ours."""
        self._held.pop(folder.path, None)
        with self._alone():
            if self.mine(folder):
                folder.lease.unlink(missing_ok=True)

    def __enter__(self) -> Leases:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for folder in list(self._held.values()):
            with suppress(OSError, UserError):  # what cannot be removed is worth nothing once this driver is gone
                self.drop(folder)

    def _ours(self) -> bytes:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return encode(asdict(replace(self.presence.holder, since=now)))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Looking at a lease and then replacing it must be one step, or that of a third driver could be replaced."""
        with explained(Path(self._lock.lock_file), 0):
            make_folder(Path(self._lock.lock_file).parent)
            with suppress(filelock.Timeout):
                self._lock.acquire(timeout=PATIENCE, poll_interval=0.01)
        try:
            yield
        finally:
            self._lock.release()
