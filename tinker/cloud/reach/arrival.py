"""A result that came from another machine enters the store: its seal checked, once, and never in place of another."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from tinker.store.atomic import commit_once, explained
from tinker.store.layout import PARTS, Layout, TrialFolder
from tinker.store.record import FINISHED
from tinker.store.repair import set_damage_aside
from tinker.store.sealed import DamageError, parse_result

TOKEN = re.compile(r"[0-9a-f]{8}")


def commit(
    layout: Layout,
    folder: TrialFolder,
    data: bytes,
    parts: Mapping[str, bytes],
    checkpoints: Mapping[str, tuple[int, int]],
) -> bool:
    """
    Args:
        data: of `result.json`.
        parts: of the files that it names, by their names.
        checkpoints: size and time of change (ns) of those that the trial has over there at its end, by name below the
            results.

    Returns:
        Whether it is the record now; False where there was one, which stays.

    Raises:
        DamageError: not what was committed over there. Nothing is written then.
        UserError: the disk is full, or not ours; or another format of records.
    """
    result, first = _read(folder, data), {}
    for name in PARTS:
        path = folder.part(name, result["record"]["token"])
        if path.name not in parts:
            raise DamageError(path, f"is missing, though {folder.result.name} names it")
        if hashlib.sha256(parts[path.name]).hexdigest() != result["record"]["sha256"][name]:
            raise DamageError(path, f"does not hold the {name} that was committed: its sha256 does not fit")
        first[path] = parts[path.name]
    if folder.result.exists() and not set_damage_aside(layout, folder):
        return False
    if not folder.lease.exists():
        _drop_earlier(layout, folder, checkpoints)
    won = commit_once(folder.result, data, first=first)
    if not won and result["record"]["token"].encode() not in folder.result.read_bytes():
        for path in first:  # another process was first just now
            path.unlink(missing_ok=True)
    return won


def _read(folder: TrialFolder, data: bytes) -> dict[str, Any]:
    """What the result says, with all that readers count on: anybody can make a digest that fits."""
    try:
        result = parse_result(folder, data)
        record = result["record"]
        whole = result["status"] in FINISHED and TOKEN.fullmatch(record["token"]) is not None
        if not whole or not isinstance(record["committed"], str) or record["sha256"].keys() != PARTS.keys():
            raise ValueError
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        raise DamageError(folder.result, "is not what tinker writes") from None
    return result


def _drop_earlier(layout: Layout, folder: TrialFolder, checkpoints: Mapping[str, tuple[int, int]]) -> None:
    """Removes states from the middle of the trial, which would pass for that of its end once there is a result."""
    for path in sorted(folder.checkpoint.rglob("*")) if folder.checkpoint.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            found = path.stat()
            name = path.relative_to(layout.results).as_posix()
            if checkpoints.get(name) != (found.st_size, found.st_mtime_ns):
                with explained(path, 0):
                    path.unlink(missing_ok=True)
