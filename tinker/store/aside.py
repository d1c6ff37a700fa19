"""What is damaged is renamed, never removed: it may be evidence, and somebody may mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinker.store.atomic import explained, sync_folder


@dataclass(frozen=True)
class Finding:
    """One thing that was wrong in the store, what was done about it, and whether all is well with that."""

    path: Path
    problem: str
    action: str
    mended: bool = True

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.action}"


def set_aside(path: Path, suffix: str = "corrupt") -> Path:
    """Renames a file or folder to the first free `<name>.<suffix>`, and returns that.

    Raises:
        UserError: the folder cannot be written.
    """
    number = 1
    aside = path.with_name(f"{path.name}.{suffix}")
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.{number}.{suffix}")
    with explained(aside, 0):
        path.rename(aside)
        sync_folder(path.parent)
    return aside
