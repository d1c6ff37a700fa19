"""The tables and `grid.json` of each grid: what is damaged is set aside, and made again where it can be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinker.errors import UserError
from tinker.grid.measured import read_measured
from tinker.store.aside import Finding, set_aside
from tinker.store.atomic import write_json
from tinker.store.layout import NAME, Layout
from tinker.tables.collect import grid_of
from tinker.tables.grid_shape import checked
from tinker.tables.grids import DamagedGridError, load_grid
from tinker.tables.looks import LOOKS
from tinker.tables.names import COMPARISONS, CURVES, TRIALS
from tinker.tables.parquet import DamagedTableError, read
from tinker.tables.tuning import TUNING

SUFFIX = "damaged"
GRID_FILE = "grid.json"
REPORT = "`tinker report {name}` makes it again"
#: What it means that a table is gone.
CONSEQUENCE = {
    TRIALS: f"{REPORT} from the store; what the store has lost is lost",
    CURVES: f"{REPORT} from the store; what the store has lost is lost",
    COMPARISONS: REPORT,
    TUNING: REPORT,
    LOOKS: "nothing can make it again: when these results were looked at before is lost, and reports will say so",
}


def tables(results: Path) -> Iterator[Finding]:
    """Every grid's, in the order of their names. The caller holds `results_lock`."""
    for folder in sorted(path for path in results.iterdir() if path.is_dir() and NAME.fullmatch(path.name)):
        if folder == Layout(results).trials:
            continue
        if any((folder / name).exists() for name in (GRID_FILE, *CONSEQUENCE)):
            yield from _grid(results, folder)
            yield from (finding for name in CONSEQUENCE for finding in _table(folder, name))
        yield from _decision(results, folder)


def _table(folder: Path, name: str) -> Iterator[Finding]:
    path = folder / name
    if not path.exists():
        return
    try:
        read(path)
    except DamagedTableError as damage:
        after = CONSEQUENCE[name].format(name=folder.name)
        if name in (TRIALS, CURVES) and _imported(folder):
            after = "only importing its runs again (`tinker import`) makes it again"
        yield Finding(path, f"is damaged ({damage.problem})", f"it is now {set_aside(path, SUFFIX).name}, and {after}")
    except UserError as error:
        yield Finding(path, str(error), "nothing was done", mended=False)


def _grid(results: Path, folder: Path) -> Iterator[Finding]:
    path = folder / GRID_FILE
    if not path.exists():
        return
    try:
        checked(load_grid(results, folder.name), path)
    except DamagedGridError as damage:
        saved = _saved(folder)
        aside = set_aside(path, SUFFIX).name
        if saved is None:
            after = "run the grid's file again; what was declared, and when, is lost, so its verdicts are exploratory"
        else:
            write_json(path, saved)
            after = f"the grid of {TRIALS} is in its place, which is that of the last report"
        yield Finding(path, damage.problem, f"it is now {aside}, and {after}")
    except UserError as error:
        yield Finding(path, str(error), "nothing was done", mended=False)


def _decision(results: Path, folder: Path) -> Iterator[Finding]:
    """What was measured for a grid; its `grid.json` holds it too."""
    path = Layout(results).measured(folder.name)
    try:
        read_measured(path)
    except UserError:
        aside = set_aside(path, SUFFIX).name
        after = "`tinker run` measures anew, and trials that are done may count no more"
        with suppress(UserError, KeyError):
            write_json(path, load_grid(results, folder.name)["measured"])
            after = f"what {GRID_FILE} has of it is in its place"
        yield Finding(path, "is not as tinker wrote it", f"it is now {aside}, and {after}")


def _saved(folder: Path) -> dict[str, Any] | None:
    """The grid that trials.parquet holds; None if it has none that can be read."""
    try:
        found = grid_of(read(folder / TRIALS), folder / TRIALS)
    except UserError:
        return None
    return found if found is not None and found["name"] == folder.name else None


def _imported(folder: Path) -> bool:
    try:
        return bool(load_grid(folder.parent, folder.name).get("imported"))
    except UserError:
        return False
