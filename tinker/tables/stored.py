"""What the store says of a grid's trials: read from their files, or remembered from when the files were the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tinker.store.ahead import LookAhead, looks
from tinker.store.layout import TrialFolder
from tinker.store.record import FINISHED, StoredTrial
from tinker.store.store import Store
from tinker.tables.names import TRIALS
from tinker.tables.once import LONG
from tinker.tables.points import NO_CURVE, Curve
from tinker.tables.remembered import Entry, Key, recall, remember
from tinker.tables.trial_row import stored_row

#: So many in a hundred trials are read again each time, which is less work than to write all anew.
FEW = 0.01


def of_store(results: Path, grid: Mapping[str, Any], ahead: LookAhead | None = None) -> dict[str, Entry]:
    """By trial id: the row of the grid's environment class, else a finished one of another class.

    The latter makes a comparison of unlike machines, which the statistics refuse by name: better than a silent gap.

    Raises:
        UserError: the files of a trial are damaged.
    """
    store = Store(results)
    if not store.layout.trials.is_dir():  # a committed report: nothing to read, and no cache to leave behind
        return {}
    known = recall(results, grid["name"])
    stamps: dict[Key, str] = {}
    changed: list[TrialFolder] = []
    ids = {cell["trial_id"] for cell in grid["cells"]}
    seen_ahead = ahead.taken(ids, results / grid["name"] / TRIALS) if ahead is not None else None
    for trial_id, environment_class, path, seen in looks(store.layout, ids) if seen_ahead is None else seen_ahead:
        key = trial_id, environment_class
        if key not in known or known[key].stamp != seen.stamp:
            changed.append(TrialFolder(Path(path)))
        # Of a folder written this moment no stamp may be remembered; no stamp is ever empty otherwise.
        stamps[key] = seen.stamp if seen.settled else ""
    entries = {key: known[key] for key in stamps if key in known}
    for folder in changed:
        entries.pop((folder.trial_id, folder.environment_class), None)
    texts: dict[str, str] = {}
    for trial in store.trials(changed):
        key = trial.trial_id, trial.environment_class
        entries[key] = _entry(trial, stamps[key], texts)
    ordered = [entries[key] for key in stamps if key in entries]
    lasting = [entry for entry in ordered if entry.stamp and _finished(entry)]
    new = sum(known.get((entry.row["trial_id"], entry.row["environment_class"])) is not entry for entry in lasting)
    if max(new, len(known) + new - len(lasting)) > FEW * len(ordered):
        place = {cell["trial_id"]: number for number, cell in enumerate(grid["cells"])}  # that of the tables
        lasting.sort(key=lambda entry: place[entry.row["trial_id"]])
        remember(results, grid["name"], lasting)
    return _chosen(ordered, grid["environment_class"])


def _entry(trial: StoredTrial, stamp: str, texts: dict[str, str]) -> Entry:
    """`texts` are the long ones that trials share, such as the diff of their working tree: each is kept once."""
    row = stored_row(trial)
    for name in LONG.keys() & row.keys():
        value = row[name]
        row[name] = [_once(each, texts) for each in value] if isinstance(value, list) else _once(value, texts)
    return Entry(stamp, row, Curve.of(trial.curve()) if trial.result is not None else NO_CURVE)


def _once(text: str | None, texts: dict[str, str]) -> str | None:
    return text and texts.setdefault(text, text)


def _finished(entry: Entry) -> bool:
    return entry.row["status"] in FINISHED


def _chosen(entries: Iterable[Entry], environment_class: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        own = entry.row["environment_class"] == environment_class
        if own or (_finished(entry) and entry.row["trial_id"] not in found):
            found[entry.row["trial_id"]] = entry
    return found
