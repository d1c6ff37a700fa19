"""The folder for what can be made again: downloads and tokenised texts."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from tinker.errors import UserError


def cache_folder() -> Path:
    """TINKER_CACHE, else XDG_CACHE_HOME/tinker, else ~/.cache/tinker; need not exist."""
    if own := os.environ.get("TINKER_CACHE"):
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "tinker"


def built_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """`folder`, filled by `build` unless it is there; it appears whole or not at all.

    Processes that build it at the same time do not see each other's work; the first to finish wins, and as the folder's
    name stands for its contents, the others drop theirs.

    Raises:
        UserError: the cache cannot be written.
    """
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        build(building)
        building.rename(folder)
    except OSError as error:
        if not folder.is_dir():
            raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder


def unwritable(path: Path, error: OSError) -> UserError:
    """What to say when `path`, in the cache, cannot be written."""
    return UserError(f"cannot write {path} ({error}); set TINKER_CACHE to a folder with room that you may write to")
