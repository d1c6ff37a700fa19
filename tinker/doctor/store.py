"""`tinker doctor --store`: everything that can be wrong with a results folder, mended where it can be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from tinker.doctor.medium import future, medium, writable
from tinker.doctor.tables import tables
from tinker.errors import UserError
from tinker.store.aside import Finding, set_aside
from tinker.store.drivers import TTL
from tinker.store.index import UNAVAILABLE
from tinker.store.layout import Layout
from tinker.store.lock import results_lock
from tinker.store.store import Store


def examine_store(results: Path, *, ttl: float = TTL) -> list[Finding]:
    """Looks at every byte; nothing that could be a result is deleted. Empty where all is well.

    Args:
        ttl: how long a driver of another machine must be silent until it counts as gone, seconds.
    """
    if not results.is_dir():
        return []
    found = list(medium(results))
    if writable(results):
        parts: tuple[Callable[[], Iterable[Finding]], ...] = (
            partial(Store(results).heal, ttl=ttl),
            partial(_index, Layout(results).index),
            partial(_locked_tables, results),
        )
        for part in parts:
            found += _as_far_as_it_goes(part, results)
    return [*found, *future(results)]


def _as_far_as_it_goes(part: Callable[[], Iterable[Finding]], results: Path) -> Iterator[Finding]:
    try:
        yield from part()
    except UserError as error:  # such as no room to rename a file
        yield Finding(results, str(error), "the rest was not looked at", mended=False)


def _locked_tables(results: Path) -> Iterator[Finding]:
    with results_lock(results):
        yield from tables(results)


def _index(path: Path) -> Iterator[Finding]:
    """Readers make a torn index again by themselves; said here, and done for what they cannot."""
    if path.is_dir():
        yield Finding(path, "is a folder", f"it is now {set_aside(path, 'damaged').name}; the index is made again")
        return
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute("PRAGMA quick_check(1)").fetchall()
        problem = "" if rows == [("ok",)] else str(rows[0][0])
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        busy = getattr(error, "sqlite_errorcode", 0) & 0xFF in UNAVAILABLE
        problem = "" if busy else str(error)
    if problem:
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        yield Finding(path, f"is damaged ({problem})", "removed: it is only a cache, and is made again")
