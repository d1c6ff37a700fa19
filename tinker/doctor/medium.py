"""What the store stands on: can it be written, is there room, are there hard links, does the clock go forward."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tinker.store.aside import Finding

#: A file may be newer than the clock by so much: clocks of machines on one network file system differ.
SLACK = 60.0  # seconds
PROBE_BYTES = 2**16
#: What a file system answers that cannot link.
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


def medium(results: Path) -> Iterator[Finding]:
    """What is wrong with writing there; nobody can mend it from here. Nothing is left behind."""
    probe = results / f".probe-{os.getpid()}"
    second = probe.with_name(f"{probe.name}-link")
    try:
        with probe.open("wb") as file:
            file.write(bytes(PROBE_BYTES))
        os.link(probe, second)
    except OSError as error:
        yield Finding(results, *_said(error, results), mended=False)
    finally:
        for path in (probe, second):
            try:
                path.unlink(missing_ok=True)
            except OSError:  # it was never made: the file system is read-only
                continue


def writable(results: Path) -> bool:
    """Whether anything there can be renamed or removed."""
    return os.access(results, os.W_OK | os.X_OK) and not os.statvfs(results).f_flag & os.ST_RDONLY


def future(results: Path, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Files from the future: a clock was set back, or that of another machine is ahead. Nothing rests on it."""
    latest, count, newest = 0.0, 0, results
    limit = now() + SLACK
    for parent, _, names in os.walk(results):
        for name in names:
            path = Path(parent, name)
            try:
                written = path.lstat().st_mtime
            except FileNotFoundError:
                continue
            if written > limit:
                count += 1
                if written > latest:
                    latest, newest = written, path
    if count:
        when = datetime.fromtimestamp(latest, UTC).isoformat(timespec="seconds")
        problem = f"was written in the future ({when}), as were {count - 1} other files: a clock was set back"
        yield Finding(newest, problem, "nothing is to be done, since nothing rests on these times")


def _said(error: OSError, results: Path) -> tuple[str, str]:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(results).free
        return f"the disk is full ({free:,} bytes free)", "free some space: checkpoints of finished trials may go"
    if error.errno in (errno.EROFS, errno.EACCES):
        return f"cannot be written ({error.strerror})", "nothing was mended; mount it writable, or change its owner"
    if error.filename2 is not None and error.errno in NO_LINKS:
        return f"the file system has no hard links ({error.strerror})", "use another results folder: no trial can end"
    return f"cannot be written ({error.strerror})", "nothing was mended"
