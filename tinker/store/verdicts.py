"""Rows made by other code: which code has been found to give the same numbers, and where rows go that no longer hold.

`probation.json` beside a result lists the code fingerprints under which the row was replayed and held.
"""

from __future__ import annotations

import json
from typing import Any

from tinker.store.atomic import explained, sync_folder, write_json
from tinker.store.layout import ACCEPTED, TrialFolder


def accepted(folder: TrialFolder) -> dict[str, Any]:
    """What each probation that the row passed said, by code fingerprint."""
    try:
        found: dict[str, Any] = json.loads((folder.path / ACCEPTED).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}  # a torn list only means that the row is replayed once more
    return found


def accept(folder: TrialFolder, probation: dict[str, Any]) -> None:
    """Remembers that the row holds under that code."""
    known = accepted(folder)
    known[probation["code"]["fingerprint"]] = {"how": probation["how"], "modules": probation["code"]["modules"]}
    write_json(folder.path / ACCEPTED, known)


def supersede(folder: TrialFolder, fingerprint: str) -> None:
    """Moves a row that no longer holds out of sight, whole, so that the trial is pending again.

    It stays on disk as `.superseded-<class>-<fingerprint>` beside its successor.
    """
    aside = folder.path.with_name(f".superseded-{folder.environment_class}-{fingerprint}")
    number = 1
    while aside.exists():
        number += 1
        aside = folder.path.with_name(f".superseded-{folder.environment_class}-{fingerprint}-{number}")
    with explained(aside, 0):
        folder.path.rename(aside)
        (aside / folder.lease.name).unlink(missing_ok=True)  # the successor needs one of its own
        sync_folder(aside.parent)
