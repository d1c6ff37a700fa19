"""A cache of all trials' small files in SQLite, so that 10,000 of them are listed without opening each.

Never the truth: before every answer the stamps of the files (inode, size, and the change time, which is the kernel's
and which no rsync can set) and the names in each folder are compared, and what differs is read. So it is right whoever
put the files there, and may be deleted at any time. Only readers write it: it adds nothing to a commit.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tinker.store.layout import TrialFolder
from tinker.store.reading import Snapshot, glance, read_snapshot

SCHEMA_VERSION = 1
BUSY_TIMEOUT = 30.0  # seconds to wait for another process that is writing
#: What SQLite answers where the index is sound, but not to be had now.
UNAVAILABLE = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
)
Found = list[tuple[TrialFolder, Snapshot]]


def snapshots(index: Path, folders: Iterable[TrialFolder]) -> Found:
    """The snapshot of each of these folders that exists, in their order.

    A corrupt index is made anew. Where there can be none (a read-only folder, a full disk, another process that holds
    it for half a minute) the files are read one by one: slower, and the same answer.
    """
    listed = list(folders)
    try:
        return _through(index, listed)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the second where an error quotes torn text
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in UNAVAILABLE:
            with suppress(OSError, sqlite3.Error):
                # The journal first: left behind, it would be rolled back into the new file.
                index.with_name(index.name + "-journal").unlink(missing_ok=True)
                index.unlink(missing_ok=True)
                return _through(index, listed)
    return [(folder, read_snapshot(folder)) for folder in listed if folder.path.is_dir()]


def _through(index: Path, folders: list[TrialFolder]) -> Found:
    found: Found = []
    fresh: list[tuple[str | None, ...]] = []
    with _opened(index) as database:
        for folder in folders:
            seen = glance(folder.path)
            if seen is None:
                continue
            snapshot = _cached(database, folder, seen.stamp)
            if snapshot is None:
                # Read after the glance: if a file changes in between, the stamp is the older one and no longer fits.
                snapshot = read_snapshot(folder)
                if seen.settled:
                    texts = (seen.stamp, snapshot.spec, snapshot.status, snapshot.result)
                    fresh.append((folder.trial_id, folder.environment_class, _checksum(*texts), *texts))
            found.append((folder, snapshot))
        if fresh:
            with database:
                database.executemany("INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?, ?, ?, ?)", fresh)
    return found


def _cached(database: sqlite3.Connection, folder: TrialFolder, stamp: str) -> Snapshot | None:
    row = database.execute(
        "SELECT checksum, stamp, spec, status, result FROM trials WHERE id = ? AND environment = ?",
        (folder.trial_id, folder.environment_class),
    ).fetchone()
    if row is None or row[1] != stamp or row[0] != _checksum(*row[1:]):
        return None
    return Snapshot(*row[2:])


def _checksum(*texts: str | None) -> str:
    """SQLite does not notice a flipped bit in a text."""
    return hashlib.sha256("\0".join("" if text is None else f"={text}" for text in texts).encode()).hexdigest()


@contextmanager
def _opened(index: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(index, timeout=BUSY_TIMEOUT)) as database:
        database.text_factory = lambda data: data.decode(errors="replace")  # a torn text fails its checksum instead
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version not in (0, SCHEMA_VERSION):
            raise sqlite3.DatabaseError(f"index of another tinker, version {version}")
        if version == 0:
            with database:
                database.execute(
                    "CREATE TABLE IF NOT EXISTS trials (id TEXT, environment TEXT, checksum TEXT, stamp TEXT, "
                    "spec TEXT, status TEXT, result TEXT, PRIMARY KEY (id, environment))"
                )
                database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        yield database
