"""Which checkpoints of a finished trial are kept. The trainer writes them; rows are never dropped.

`last.ckpt` is the state at the end, `best.ckpt` that of the lowest validation loss, `tail.ckpt` the state shortly
before the end, from which changed code is put on probation: it stays with either, as without it the whole trial must
run again. `adapter` is a folder: what a fine-tuned trial trained, as `peft` reads it, after the last step.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinker.store.atomic import TEMPORARY, explained

ADAPTER = "adapter"
Keep = Literal["all", "last", "best", "none"]
KEPT: dict[Keep, frozenset[str]] = {
    "last": frozenset({"last.ckpt", "tail.ckpt", ADAPTER}),
    "best": frozenset({"best.ckpt", "tail.ckpt"}),
    "none": frozenset(),
}


@dataclass(frozen=True)
class Dropped:
    """What a retention rule removed: files and their bytes."""

    files: tuple[Path, ...]
    size: int


def retention(checkpoint: Path, keep: Keep) -> Dropped:
    """Applies the rule to the checkpoint folder of a finished trial.

    Raises:
        UserError: a file may not be removed.
    """
    if keep == "all" or not checkpoint.is_dir():
        return Dropped((), 0)
    files, size = [], 0
    for path in sorted(checkpoint.rglob("*")):
        name = path.relative_to(checkpoint).parts[0]
        if name in KEPT[keep] or not path.is_file() or TEMPORARY.fullmatch(name):
            continue
        size += path.stat().st_size
        with explained(path, 0):
            path.unlink()
        files.append(path)
    return Dropped(tuple(files), size)
