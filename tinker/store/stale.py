"""Leases and drivers that are gone: what they left is removed. Those that live are let be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tinker.store.aside import Finding
from tinker.store.drivers import FOLDER, TOKEN, Watch, drivers, presence_file, remove, stop_file, tokens
from tinker.store.layout import Layout, TrialFolder
from tinker.store.lease import parse_lease, read_lease


def stale(layout: Layout, ttl: float) -> Iterator[Finding]:
    """Removes and says what drivers left that are gone.

    Takes up to `ttl` seconds where a driver of another machine shows no sign of life, since only that tells.
    """
    results = layout.results
    leases = {folder: data for folder in layout.every_trial() if (data := read_lease(folder)) is not None}
    holders = {folder: parse_lease(data) for folder, data in leases.items()}
    shown, asked = set(tokens(results)), {path.name.partition(".")[0] for path in _stop_files(results)}
    at_work = {driver.token for driver in drivers(results) if driver.here and not driver.dead}
    known = shown | asked | {holder.token for holder in holders.values() if holder is not None}
    gone = Watch(results, ttl=ttl).settle(known - at_work)
    for folder, holder in holders.items():
        if (holder is None or holder.token in gone) and read_lease(folder) == leases[folder]:
            with suppress(FileNotFoundError):
                folder.lease.unlink()
            who = "nobody that can be read" if holder is None else str(holder)
            yield Finding(folder.lease, f"is the lease of a driver that is gone ({who})", "removed")
    for token in sorted(gone & (shown | asked)):
        remove(results, token)
        path = presence_file(results, token) if token in shown else stop_file(results, token)
        yield Finding(path, "was left by a driver that is gone", "removed")


def leased(folder: TrialFolder) -> bool:
    """Whether somebody works on the trial, as far as its folder tells; what is stale is to be removed before."""
    return folder.lease.exists()


def _stop_files(results: Path) -> list[Path]:
    return [path for path in (results / FOLDER).glob("*.stop") if TOKEN.fullmatch(path.name.partition(".")[0])]
