"""Results come home while the run goes on, by the rules of the store: a result appears once, whole and checked.

The other side is `tinker.cloud.pod.ship`. Nothing that it says is trusted: only files that the store knows are written,
a result only with its seal whole, and nothing else where a driver of this folder is at work on the same trial.

A driver's sign of life is kept as it is there, so that `tinker status` shows the run. It names its own machine, so it
is never taken for a process of this one: it counts as gone when nothing has come of it for as long as of any other far
driver. No lease comes home, so that nobody here ever waits for it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from tinker.cloud.host import Say, Unreachable
from tinker.cloud.pod.ship import pack
from tinker.cloud.reach.answer import Answer, Entry
from tinker.cloud.reach.arrival import commit
from tinker.cloud.reach.incoming import Incoming, of_record, other, stamp_at, trial_of
from tinker.store.drivers import FOLDER, Driver, remove, stop_file
from tinker.store.layout import Layout, TrialFolder
from tinker.store.record import FINISHED, TrialStatus
from tinker.store.repair import is_spec_of
from tinker.store.sealed import DamageError

#: What home has, as `ship` is told; None of a `result.json` that is at home.
Have = dict[str, tuple[int, int] | None]


class Home:
    """What takes in the results of one machine.

    Args:
        results: the results folder at home.
        checkpoints: of which trials: of those without a result and of those that such ones start from; all; none.
    """

    def __init__(self, results: Path, checkpoints: Literal["unfinished", "all", "none"]) -> None:
        self.layout, self.checkpoints = Layout(results), checkpoints
        self._have: Have | None = None
        self._incoming = Incoming()
        self._record: dict[str, bytes] = {}
        self._drivers: set[str] = set()
        self._refused: set[str] = set()

    def fetch(self, ship: Callable[[bytes], bytes], say: Say) -> int:
        """Brings home what is new; returns how many trials have got a result by it.

        Args:
            ship: `tinker.cloud.pod.ship.ship`, over there.

        Raises:
            Unreachable: the way there broke; what had come whole is kept, and the next call goes on from it.
            UserError: the disk here is full, or not ours.
        """
        if self._have is None:
            self._have = self._at_home(Answer(ship(self._known())).there)
        won = 0
        while True:
            self._record = {}
            answer = Answer(ship(self._known()))
            for entry, data in answer.files():
                won += self._take(entry, data, say)
            if not answer.more:
                break
            if not answer.entries:
                raise Unreachable("the machine says that there is more, and sends nothing")
        self._follow_drivers(answer.drivers)
        return won

    def stops(self) -> bytes | None:
        """A tar of the stop files that were made here for drivers over there; None where there are none."""
        names = [Path(name).stem for name in sorted(self._drivers)]
        asked = [stop_file(self.layout.results, token) for token in names]
        found = [path.relative_to(self.layout.results).as_posix() for path in asked if path.exists()]
        return pack([(name, b"") for name in found]) if found else None

    def close(self) -> None:
        """Nobody looks any more: a driver that was seen is not shown for ever. The next `fetch` shows it again."""
        for name in self._drivers:
            with suppress(OSError):
                (self.layout.results / name).unlink(missing_ok=True)
            if self._have is not None:
                self._have.pop(name, None)
        self._drivers.clear()

    def _known(self) -> bytes:
        partial = self._incoming.partial
        known = {"have": self._have, "partial": partial, "checkpoints": self.checkpoints}
        return zlib.compress(json.dumps(known, separators=(",", ":")).encode(), 1)

    def _at_home(self, names: list[str]) -> Have:
        """What an earlier process has brought home of these: files bear the times of there."""
        have: Have = {}
        for name in names:
            trial = trial_of(self.layout, name)
            if trial is None and not other(self.layout, name):
                continue
            stamp = stamp_at(self.layout.results / name)
            if stamp is not None:
                have[name] = None if trial is not None and trial[1] == "result.json" else stamp
        return have

    def _take(self, entry: Entry, data: bytes, say: Say) -> bool:
        """One file; whether a trial has got its result by it."""
        assert self._have is not None
        trial = trial_of(self.layout, entry.name)
        if trial is None and not other(self.layout, entry.name):
            self._refuse(entry, "is no file of a store", say)
            return False
        if trial is not None:
            folder, inner = trial
            if inner == folder.result.name:
                return self._take_result(folder, entry, data, say)
            if inner == folder.spec.name:
                self._take_spec(folder, entry, data, say)
                return False
            if of_record(inner):
                self._record[entry.name] = data
                return False
            if inner == folder.status.name and _is_finished(folder):  # says less than the result
                self._have[entry.name] = entry.stamp
                return False
            if folder.lease.exists():  # somebody here works on it too; asked for again when he has done
                return False
        elif entry.name.startswith(f"{FOLDER}/") and not self._is_driver(entry, data):
            self._refuse(entry, "is not what a driver says of itself", say)
            return False
        if self._incoming.take(self.layout.results / entry.name, entry, data):
            self._have[entry.name] = entry.stamp
        return False

    def _take_result(self, folder: TrialFolder, entry: Entry, data: bytes, say: Say) -> bool:
        assert self._have is not None
        beside = f"{entry.name.rpartition('/')[0]}/"
        parts = {name.removeprefix(beside): part for name, part in self._record.items() if name.startswith(beside)}
        self._record = {}
        try:
            won = commit(self.layout, folder, data, parts, entry.checkpoints)
        except DamageError as damage:
            self._have[entry.name] = entry.stamp
            say(f"a result that is damaged over there is not taken: {damage}")
            return False
        self._have[entry.name] = None
        for name in [name for name in self._have if name.startswith(f"{beside}checkpoint/")]:
            if stamp_at(self.layout.results / name) != self._have[name]:
                del self._have[name]
        return won

    def _take_spec(self, folder: TrialFolder, entry: Entry, data: bytes, say: Say) -> None:
        """What was asked for; home's own stays, since it has the paths of home."""
        assert self._have is not None
        if not is_spec_of(data, folder.trial_id):
            self._refuse(entry, "is not the description of that trial", say)
            return
        if not folder.spec.exists():
            self._incoming.take(folder.spec, entry, data)
        self._have[entry.name] = entry.stamp

    def _is_driver(self, entry: Entry, data: bytes) -> bool:
        with suppress(ValueError):
            if f"{FOLDER}/{Driver.parse(data).token}.json" == entry.name:
                self._drivers.add(entry.name)
                return True
        return False

    def _follow_drivers(self, there: set[str]) -> None:
        """Removes the signs of life that have gone over there."""
        assert self._have is not None
        known = {name for name in self._have if name.startswith(f"{FOLDER}/")} | self._drivers
        for name in known - there:
            remove(self.layout.results, Path(name).stem)
            self._have.pop(name, None)
        self._drivers &= there

    def _refuse(self, entry: Entry, why: str, say: Say) -> None:
        assert self._have is not None
        self._have[entry.name] = entry.stamp
        if entry.name not in self._refused:
            self._refused.add(entry.name)
            say(f"the machine sent {entry.name!r}, which {why}; it is not taken")


def _is_finished(folder: TrialFolder) -> bool:
    with suppress(OSError, ValueError):
        return folder.result.exists() and TrialStatus.parse(folder.status.read_bytes()).state in FINISHED
    return False
