"""Import files of runs as a grid among the results."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tinker.config.suggest import unknown
from tinker.errors import UserError
from tinker.importing.grid_file import document
from tinker.importing.points import points_of
from tinker.importing.read import read
from tinker.importing.request import NO_SEED, Request
from tinker.importing.runs import Row, runs_of
from tinker.report.printable import printable
from tinker.store.atomic import write_json
from tinker.store.layout import NAME, Layout
from tinker.tables import schema
from tinker.tables.collect import as_collected, grid_of, with_grid
from tinker.tables.grid_shape import checked
from tinker.tables.names import COMPARISONS, CURVES, TRIALS
from tinker.tables.parquet import read as read_table
from tinker.tables.parquet import write

#: Arms that are listed after an import.
MOST = 12
#: Characters of a line of what is printed.
WIDTH = 100


@dataclass(frozen=True)
class Imported:
    """What became of the files: where it lies, how many runs of each arm and state, what to know of them.

    `replaced` says what was there before, and is empty if nothing was.
    """

    folder: Path
    control: str
    arms: dict[str, int]
    states: dict[str, int]
    notes: tuple[str, ...]
    replaced: str = ""

    def text(self) -> str:
        """For the terminal: lines of at most `WIDTH` characters, without any that cannot be seen."""
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        head = f"{self.folder}: {sum(self.arms.values())} runs ({states})"
        arms = [f"{name}{' (control)' if name == self.control else ''}: {n}" for name, n in self.arms.items()]
        shown = [*arms[:MOST], *([f"and {len(arms) - MOST} more arms"] if len(arms) > MOST else [])]
        replaced = [self.replaced] if self.replaced else []
        after = f"now `tinker report {self.folder.name}`"
        lines = [head, *(f"  {printable(line)}" for line in (*replaced, *shown, *self.notes)), after]
        return "\n".join(part for line in lines for part in _wrapped(line)) + "\n"


def import_files(files: Sequence[Path], request: Request, results: Path) -> Imported:
    """Writes grid.json, trials.parquet and curves.parquet into `results/<name>`; nothing where anything is wrong.

    comparisons.parquet of an earlier import goes: `tinker report` makes it anew.

    An import that is interrupted leaves no grid of that name, the one of before, or one that is refused until the
    import is done again.

    Raises:
        UserError: a file that cannot be read, a column or cell that is not what it should be, no run of the control, or
            a grid of that name that tinker itself ran.
    """
    path = _place(request.name, results)
    before = _before(path)
    _consistent(request)
    sheets = [read(file, request.kind) for file in files]
    if request.run_name is None:
        sheets = [sheet.without_nameless() for sheet in sheets]
    stepless = {sheet.step is None and request.step is None for sheet in sheets}
    if request.steps is not None and True in stepless and "steps" not in (request.columns or {}):
        raise UserError("--steps: nothing says how far a run came; add --step COLUMN or --column steps=COLUMN")
    if len(stepless) > 1:
        raise UserError("some of the files have a row for each run, some have curves; import them under two names")
    columns = {name for sheet in sheets for name in sheet.table.column_names}
    points = pa.concat_tables([points_of(sheet, request, columns) for sheet in sheets], promote_options="default")
    runs = runs_of(points, request)
    arms = Counter(row["arm"] for row in runs.rows)
    if request.control not in arms:
        raise UserError(f"--control: {unknown('arm', request.control, arms)}")
    notes = [note for sheet in sheets for note in sheet.notes] + _beyond(points, request)
    grid = document(request, runs.rows, [sheet.file for sheet in sheets], notes, before)
    table = pa.Table.from_pylist(runs.rows, schema.trials(set(request.metrics.values()) - set(schema.trials().names)))
    (path.parent / COMPARISONS).unlink(missing_ok=True)
    trials, curves = as_collected(table, runs.curves)
    write(path.parent / TRIALS, with_grid(trials, grid))
    write(path.parent / CURVES, curves)
    write_json(path, grid)  # last: an import that dies before it leaves a grid that is refused, or the one of before
    states, said = dict(_states(runs.rows)), tuple(grid["import_notes"])
    replaced = f"replaces {len(before['cells'])} runs of {before['imported']}" if before else ""
    return Imported(path.parent, request.control, dict(arms), states, said, replaced)


def _place(name: str, results: Path) -> Path:
    """Where grid.json goes. Raises UserError for a name that cannot be a folder, or is one of something else."""
    if not NAME.fullmatch(name):
        raise UserError(
            f"--name: {name!r} cannot be a folder; allowed: letters, digits, '.', '_' and '-'; say --name NAME"
        )
    file = next((there for there in (results, *results.parents) if there.exists() and not there.is_dir()), None)
    if file is not None:
        raise UserError(f"--results: {file} is a file; name a folder, or one to make")
    path = Layout(results).grid(name)
    if path.parent.exists() and not path.exists() and not _unfinished(path.parent):
        raise UserError(f"--name {name}: {path.parent} is there and holds no grid; choose another name")
    return path


def _consistent(request: Request) -> None:
    """What the rule asks of the runs must be in the file. Raises UserError."""
    rule = request.decide
    if rule.pairing == "seed" and request.seed == NO_SEED:
        raise UserError("--decide pairing=seed: runs without seeds make no pairs; name their column with --seed")
    if rule.blocks == "hardware" and request.hardware is None:
        raise UserError("--decide blocks=hardware: nothing says which machine a run was on; add --hardware COLUMN")
    if rule.diverged == "cap" and "vocab_size" not in (request.columns or {}):
        raise UserError("--decide diverged=cap: ln V needs the vocabulary's size; add --column vocab_size=COLUMN")


def _beyond(points: pa.Table, request: Request) -> list[str]:
    """What of the curves the declared last step leaves out."""
    later = 0 if request.steps is None else pc.sum(pc.greater(points.column("step"), request.steps)).as_py() or 0
    return [f"{later} points beyond step {request.steps}, the declared last, are left out"] if later else []


def _before(path: Path) -> dict[str, Any]:
    """The grid of an earlier import. Raises UserError for one that tinker ran, or that is no grid."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _unfinished(path.parent)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); mend that, or choose another --name") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not JSON ({error}); remove that folder, or choose another --name") from None
    if not isinstance(found, dict) or not found:
        raise UserError(f"{path} is not a grid that tinker wrote; remove that folder, or choose another --name")
    if not found.get("imported"):
        raise UserError(f"{path.parent.name}: a grid of that name was run by tinker here; choose another with --name")
    return checked(found, path)


def _unfinished(folder: Path) -> dict[str, Any]:
    """The grid of a first import that died before it wrote grid.json, from its trials; empty if they are not there."""
    try:
        found = grid_of(read_table(folder / TRIALS), folder / TRIALS) if (folder / TRIALS).exists() else None
    except UserError:
        return {}
    return found if found and found.get("imported") and found.get("name") == folder.name else {}


def _wrapped(line: str) -> list[str]:
    return wrap(line, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _states(rows: Sequence[Row]) -> Counter[str]:
    return Counter(row["status"] for row in rows)
