"""What a crash, a full disk or a broken copy leaves behind: found, said, put out of the way. No result is deleted."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from tinker.store.aside import Finding, set_aside
from tinker.store.atomic import HOST, TEMPORARY, explained
from tinker.store.layout import PARTS, Layout, TrialFolder
from tinker.store.process import ended
from tinker.store.record import TrialStatus
from tinker.store.sealed import DamageError, part_names, verify
from tinker.store.stale import leased, stale
from tinker.store.torn_checkpoints import torn_checkpoints

#: A temporary file of another machine is taken for a leftover after this time; its processes cannot be asked.
FOREIGN_AGE = 24 * 3600.0  # seconds


def heal(layout: Layout, ttl: float) -> list[Finding]:
    """See `Store.heal`."""
    found = [*_leftovers_of_the_dead(layout.results), *stale(layout, ttl)]
    if not layout.trials.is_dir():
        return found
    with _repairing(layout):
        for folder in layout.every_trial():
            for path, check in ((folder.spec, _check_spec), (folder.status, _check_status)):
                try:
                    check(path)
                except (ValueError, IsADirectoryError) as error:
                    damage = DamageError(path, f"is damaged: {error}")
                    found.append(_set_aside(damage, path, "the trial's next attempt writes a new one"))
            found += _heal_record(folder)
            if not leased(folder):
                found += torn_checkpoints(folder)
    return found


def set_damage_aside(layout: Layout, folder: TrialFolder) -> bool:
    """Moves a damaged record out of the way of a commit; whether the way is free now."""
    try:
        return verify(folder) is None
    except DamageError:
        with _repairing(layout):
            return bool(_heal_record(folder)) or not folder.result.exists()


def _heal_record(folder: TrialFolder) -> list[Finding]:
    try:
        result = verify(folder)
    except DamageError as damage:
        return [_set_aside(damage, folder.result, "the trial is pending again")]
    if result is None or any(folder.path.glob("*.corrupt")):
        return []  # a part without its result may be evidence, or belong to a commit under way
    needed = part_names(folder, result)
    found = []
    for name in PARTS:
        for path in sorted(folder.path.glob(f"{name}.*")):
            if path.name not in needed:
                path.unlink(missing_ok=True)
                found.append(Finding(path, "belongs to a commit that came second or was killed", "removed"))
    return found


def _set_aside(damage: DamageError, path: Path, consequence: str) -> Finding:
    """The caller holds the repair lock."""
    aside = set_aside(path)
    return Finding(damage.path, damage.problem, f"{path.name} is now {aside.name}, and {consequence}")


def _leftovers_of_the_dead(results: Path) -> Iterator[Finding]:
    for parent, _, names in os.walk(results):
        for name in names:
            writer = TEMPORARY.fullmatch(name)
            if writer is None:
                continue
            path = Path(parent, name)
            try:
                age = time.time() - path.stat().st_mtime
            except FileNotFoundError:  # its writer lives, and is done with it
                continue
            if ended(int(writer["pid"])) if writer["host"] == HOST else age > FOREIGN_AGE:
                with explained(path, 0):
                    path.unlink(missing_ok=True)
                yield Finding(path, "left by a process that died while writing", "removed")


def _check_spec(path: Path) -> None:
    """Raises ValueError where `spec.json` is there and is not this trial's."""
    trial_id = path.parent.parent.name
    if path.exists() and not is_spec_of(path.read_bytes(), trial_id):
        raise ValueError(f"not the spec of {trial_id}")


def _check_status(path: Path) -> None:
    """Raises ValueError where `status.json` is there and is none."""
    if path.exists():
        TrialStatus.parse(path.read_bytes())


def is_spec_of(data: bytes, trial_id: str) -> bool:
    """Whether these bytes are the `spec.json` of that trial."""
    try:
        spec = json.loads(data)
    except ValueError:
        return False
    return isinstance(spec, dict) and spec.get("id") == trial_id


@contextmanager
def _repairing(layout: Layout) -> Iterator[None]:
    """One repair at a time: looking and then moving must be one step, or a good record could be moved."""
    lock = layout.trials / ".repair.lock"
    with explained(lock, 0):
        held = filelock.FileLock(lock, fallback_to_soft=False)
        held.acquire()
    try:
        yield
    finally:
        held.release()
