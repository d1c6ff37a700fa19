"""The trial store: begin, commit, fail, and ask. Any number of processes may use one at the same time.

A commit is behind a fence: the parts (curve, environment, code) are written under names of their own, and then
`result.json` is linked into place, which succeeds once. So a kill at any moment leaves a complete record or none, and
of two processes that ran the same trial one is recorded, with its own curve.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinker.errors import UserError
from tinker.spec import TrialSpec
from tinker.store.aside import Finding
from tinker.store.atomic import commit_once, explained, write_json
from tinker.store.drivers import TTL
from tinker.store.index import snapshots
from tinker.store.layout import PARTS, Layout, TrialFolder
from tinker.store.reading import read_snapshot
from tinker.store.record import FINISHED, State, StoredTrial, TrialStatus
from tinker.store.repair import heal, is_spec_of, set_damage_aside
from tinker.store.sealed import seal

__all__ = ["FINISHED", "Store"]


class Store:
    """The trials below one results folder."""

    def __init__(self, results: Path) -> None:
        self.layout = Layout(results)

    def folder(self, spec: TrialSpec, environment_class: str) -> TrialFolder:
        """The trial's files, whether they exist or not."""
        return self.layout.trial(spec.id, environment_class)

    def begin(self, spec: TrialSpec, environment_class: str, owner: str) -> TrialStatus:
        """Counts an attempt and marks the trial as running.

        Returns:
            The new status. Where there is a result already nothing changes, and the state says done or diverged.
        """
        folder = self._prepared(spec, environment_class)
        old = _status(folder)
        if old.state in FINISHED:
            return old
        status = TrialStatus("running", old.attempts + 1, owner=owner, started=_now(), causes=old.causes)
        # Not durable: after a power cut the trial runs again whatever its status says.
        write_json(folder.status, status.as_dict(), durable=False)
        return status

    def commit(
        self,
        spec: TrialSpec,
        environment_class: str,
        result: Mapping[str, Any],
        curve: Iterable[Mapping[str, Any]],
        environment: Mapping[str, Any],
        code: Mapping[str, Any],
    ) -> bool:
        """Records a result, once.

        Args:
            result: a TrialResult as a dict; `status` is done or diverged. Its own curve, environment and code are left
                out in favour of the arguments. NaN and infinity are kept.
            curve: rows of step, metric and value.
            code: with the key `fingerprint`.

        Returns:
            Whether this is the record now; False where there was one already, which stays as it is.

        Raises:
            UserError: the disk is full, read-only or not ours. Nothing is recorded then.
        """
        if result["status"] not in FINISHED:
            raise ValueError(f"a trial that is {result['status']!r} has no result to commit; use fail or release")
        folder = self._prepared(spec, environment_class)
        token, parts, sealed = seal(spec, environment_class, result, curve, environment, code, _now())
        won = False
        try:
            first = {folder.part(name, token): data for name, data in parts.items()}
            won = commit_once(folder.result, sealed, first=first)
            while not won and set_damage_aside(self.layout, folder):
                won = commit_once(folder.result, sealed)
        finally:
            if not won:
                _drop_parts(folder, token)
        with suppress(UserError):  # the result outranks the status, so a disk that is full just now takes nothing away
            self._mark(folder, result["status"])
        return won

    def fail(
        self, spec: TrialSpec, environment_class: str, cause: str, log: str, *, kind: str = "error"
    ) -> TrialStatus:
        """Marks the attempt as failed and appends to `log.txt`; without effect where there is a result.

        Args:
            cause: a few words, such as `out of memory`.
            log: what the attempt said last.
            kind: of the cause, by which failures are counted (`tinker.schedule.retry.Kind`).
        """
        folder = self._prepared(spec, environment_class)
        with explained(folder.log, len(log)), folder.log.open("a", encoding="utf-8") as file:
            file.write(f"{_now()} failed: {cause}\n{log.rstrip()}\n")
        return self._mark(folder, "failed", cause, kind)

    def release(self, spec: TrialSpec, environment_class: str, cause: str) -> TrialStatus:
        """Marks a trial that was interrupted as pending again; without effect where there is a result."""
        return self._mark(self._prepared(spec, environment_class), "pending", cause)

    def get(self, trial_id: str, environment_class: str) -> StoredTrial | None:
        """The trial; None where the store has never heard of it."""
        folder = self.layout.trial(trial_id, environment_class)
        return StoredTrial.of(folder, read_snapshot(folder))

    def rows(self, ids: Iterable[str] | None = None, *, but: Container[str] = ()) -> Iterator[StoredTrial]:
        """The trials (of these ids, without those in `but`), in every environment class and state, sorted by both."""
        yield from self.trials(self.layout.every_trial(ids, but=but))

    def trials(self, folders: Iterable[TrialFolder]) -> Iterator[StoredTrial]:
        """Those of these folders that hold a trial, in their order."""
        for folder, snapshot in snapshots(self.layout.index, folders):
            trial = StoredTrial.of(folder, snapshot)
            if trial is not None:
                yield trial

    def done(self, ids: Iterable[str], environment_class: str) -> set[str]:
        """Those of the ids that have a result, divergence included, in that environment class."""
        folders = (self.layout.trial(trial_id, environment_class) for trial_id in ids)
        found = snapshots(self.layout.index, folders)
        return {folder.trial_id for folder, snapshot in found if snapshot.result is not None}

    def heal(self, *, ttl: float = TTL) -> list[Finding]:
        """Removes what dead processes left, checks every byte of every record, and moves what is damaged aside.

        Args:
            ttl: how long a driver of another machine must be silent until it counts as gone, seconds.

        Returns:
            What was found and done, for people; empty where all is well. Nothing that could be a result is deleted.
        """
        return heal(self.layout, ttl)

    def _prepared(self, spec: TrialSpec, environment_class: str) -> TrialFolder:
        """The trial's folder with its `spec.json`, which is a function of the id and so may be written again."""
        folder = self.folder(spec, environment_class)
        try:
            whole = is_spec_of(folder.spec.read_bytes(), spec.id)
        except FileNotFoundError:
            whole = False
        if not whole:
            write_json(folder.spec, spec.as_dict())
        return folder

    def _mark(
        self, folder: TrialFolder, state: State, cause: str | None = None, kind: str | None = None
    ) -> TrialStatus:
        status = _status(folder)
        if status.state not in FINISHED:
            now = _now()
            failure = {"attempt": status.attempts, "time": now, "kind": kind, "cause": cause}
            causes = status.causes if kind is None else [*status.causes, failure]
            status = replace(status, state=state, cause=cause, finished=now, causes=causes)
        write_json(folder.status, status.as_dict(), durable=False)
        return status


def _status(folder: TrialFolder) -> TrialStatus:
    trial = StoredTrial.of(folder, read_snapshot(folder))
    return TrialStatus() if trial is None else trial.status


def _drop_parts(folder: TrialFolder, token: str) -> None:
    """Removes the parts of a commit that did not become the record; it may have, just before an interrupt."""
    try:
        if token.encode() in folder.result.read_bytes():
            return
    except FileNotFoundError:
        pass
    for name in PARTS:
        folder.part(name, token).unlink(missing_ok=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
