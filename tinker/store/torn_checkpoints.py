"""Checkpoints that cannot be loaded, and halves of such as were being written. PyTorch's are zip files."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tinker.store.aside import Finding, set_aside
from tinker.store.layout import TrialFolder
from tinker.store.process import ended

#: What it means that one is gone.
LOST = {
    "last.ckpt": "the trial starts anew if it is not done",
    "best.ckpt": "the state at the lowest loss is lost, and the result is not",
    "tail.ckpt": "changed code is tried on the whole trial in place of its end",
}
PARTIAL = re.compile(r"\.(last|best|tail)\.ckpt\.(?P<pid>\d+)")


def torn_checkpoints(folder: TrialFolder) -> Iterator[Finding]:
    """Sets aside and says what no trial could go on from. Not to be asked while somebody works on the trial."""
    for name, consequence in LOST.items():
        path = folder.checkpoint / name
        if not path.exists():
            continue
        problem = _problem(path)
        if problem:
            yield Finding(path, problem, f"it is now {set_aside(path, 'damaged').name}, and {consequence}")
    for path in sorted(folder.checkpoint.glob(".*.ckpt.*")) if folder.checkpoint.is_dir() else ():
        writer = PARTIAL.fullmatch(path.name)
        if writer is not None and ended(int(writer["pid"])):
            path.unlink(missing_ok=True)
            yield Finding(path, "is half a checkpoint, left by a process that died while writing", "removed")


def _problem(path: Path) -> str:
    """What is wrong with a checkpoint; every byte of it is read. Empty if nothing is."""
    if path.is_dir():
        return "is a folder, and no checkpoint"
    try:
        with zipfile.ZipFile(path) as file:
            member = file.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        return f"is no checkpoint that can be loaded ({error})"
    return f"is damaged: the checksum of {member} does not fit" if member else ""
