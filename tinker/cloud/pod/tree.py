"""The code that is sent to a machine: its files, and a fingerprint by which both sides know that they have the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

#: The folders that are sent; in an environment others lie beside them.
PACKAGES = ("model", "tinker")
#: What Python makes of the code by itself.
MADE = "__pycache__"


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file of the packages in that folder with its name below it, sorted; nothing hidden, nothing compiled."""
    for package in PACKAGES:
        for path in sorted((folder / package).rglob("*")):
            name = path.relative_to(folder)
            hidden = any(part.startswith(".") or part == MADE for part in name.parts)
            if not hidden and path.suffix != ".pyc" and path.is_file():
                yield name.as_posix(), path


def fingerprint(folder: Path) -> str:
    """16 hex digits that stand for the names and bytes of these files."""
    digest = hashlib.sha256()
    for name, path in files(folder):
        data = path.read_bytes()
        digest.update(f"{name} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()[:16]
