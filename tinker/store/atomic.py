"""Files that appear whole or not at all, whenever the process or the machine dies.

Every file is written under a temporary name in its own folder, synced, and then renamed (it replaces what was there) or
linked (it appears only where nothing was). A temporary name carries its writer, `.<name>.<host>.<pid>.<n>.tmp`, so that
the leftovers of dead processes can be told from the work of living ones.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import platform
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tinker.errors import FAILED, UserError
from tinker.store.strict_json import encode

#: This machine in a temporary file's name; hashed, because results are published.
HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
TEMPORARY = re.compile(r"\..+\.(?P<host>[0-9a-f]{8})\.(?P<pid>\d+)\.\d+\.tmp")
_NUMBER = itertools.count()


def write_bytes(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Writes a file atomically, replacing what was there; missing folders are made.

    Args:
        durable: whether it must survive a power cut once this returns. Without it the write is still atomic.

    Raises:
        UserError: the disk is full, read-only, or not ours to write.
    """
    with explained(path, len(data)):
        _place(path, data, durable)
        if durable:
            sync_folder(path.parent)


def write_json(path: Path, value: Any, *, durable: bool = True) -> None:
    """`write_bytes` of `strict_json.encode`."""
    write_bytes(path, encode(value), durable=durable)


def write_table(path: Path, table: Any) -> None:
    """`write_bytes` of a pyarrow Table as Parquet (zstd)."""
    write_bytes(path, parquet(table))


def parquet(table: Any) -> bytes:
    """A pyarrow Table as the bytes of a Parquet file (zstd)."""
    import pyarrow
    import pyarrow.parquet

    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd", write_page_checksum=True)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def commit_once(path: Path, data: bytes, *, first: Mapping[Path, bytes] | None = None, durable: bool = True) -> bool:
    """Makes the file appear with these bytes unless it exists: of any number of processes exactly one gets True.

    Args:
        first: files of the same folder that must be there before it, with their bytes.
        durable: whether it must survive a power cut.

    Raises:
        UserError: as `write_bytes`, and where the file system has no hard links.
    """
    for other, content in (first or {}).items():
        with explained(other, len(content)):
            # Synced without their names: those become durable with the folder, below, before anybody gets True.
            _place(other, content, durable=True)
    with explained(path, len(data)):
        staged = _staged(path, data, durable)
        try:
            os.link(staged, path)
            won = True
        except FileExistsError:
            # A network file system may repeat a link whose answer was lost, and then find its own: two links tell.
            won = staged.stat().st_nlink > 1
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP):
                raise
            raise UserError(
                f"{path}: the store needs hard links, which the file system there lacks; choose another results folder",
                exit_code=FAILED,
            ) from error
        finally:
            staged.unlink(missing_ok=True)
        if won and durable:
            sync_folder(path.parent)
        return won


def _place(path: Path, data: bytes, durable: bool) -> None:
    staged = _staged(path, data, durable)
    try:
        staged.replace(path)
    except OSError:
        staged.unlink(missing_ok=True)
        raise


def _staged(path: Path, data: bytes, durable: bool) -> Path:
    """The bytes in a new temporary file beside `path`."""
    make_folder(path.parent)
    staged = path.with_name(f".{path.name}.{HOST}.{os.getpid()}.{next(_NUMBER)}.tmp")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        if durable:
            os.fsync(descriptor)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return staged


def make_folder(path: Path) -> None:
    """Makes a folder and its missing parents so that they survive a power cut."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Makes the names in a folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems sync names by themselves
            raise
    finally:
        os.close(descriptor)


@contextmanager
def explained(path: Path, size: int) -> Iterator[None]:
    """Turns what a user can mend about a disk into a UserError about that file of `size` bytes."""
    try:
        yield
    except OSError as error:
        remedy = _remedy(error, path)
        if remedy is None:
            raise
        message = f"{path}: could not write {size:,} bytes: {error.strerror or error}; {remedy}"
        raise UserError(message, exit_code=FAILED) from error


def _remedy(error: OSError, path: Path) -> str | None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        place = next(folder for folder in path.absolute().parents if folder.exists())
        return (
            f"{shutil.disk_usage(place).free:,} bytes are free there; free some space (the checkpoints of finished "
            "trials may go) and run the same command again: finished trials are kept"
        )
    if error.errno == errno.EISDIR:
        return "a folder lies where the file should be; `tinker doctor --store` sets it aside"
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return "a file lies where a folder is needed; move it away, or choose another results folder"
    if error.errno == errno.EROFS:
        return "the file system is read-only; mount it writable, or choose another results folder"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "this user may not write there; change the owner or mode of the folder, or choose another results folder"
    return None
