"""One trial of a Ray Tune experiment: its config, what it reported, and what is wrong with it if it was killed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinker.errors import UserError
from tinker.importing.records import Record, bytes_of, flat, objects_in, parsed, text_of
from tinker.importing.sheet import only_once
from tinker.report.printable import printable

#: Between the keys of nested objects, as Ray itself joins them.
JOINT = "/"
PARAMS, RESULTS, TABLE, ERROR = "params.json", "result.json", "progress.csv", "error.txt"
#: States of a trial that is not over, whatever is missing of it.
OPEN = ("PENDING", "RUNNING", "PAUSED")
#: Characters of an error that are kept.
LONGEST = 200


@dataclass(frozen=True)
class Trial:
    """What its folder holds.

    Attributes:
        config: with keys `config/<key>`; empty where nothing tells it.
        results: place and content of each.
        state: as Ray says it; None where nothing does.
        cause: why it failed, or has not ended; None if nothing is wrong with it.
        cut: the file whose last line is only half there, and was left out.
    """

    config: Record
    results: list[tuple[str, Record]]
    state: str | None
    cause: str | None
    cut: Path | None


def trial_of(folder: Path, said: Mapping[str, Any]) -> Trial:
    """`said` is what the experiment's own file holds of it.

    Raises:
        UserError: a file that holds something else than Ray writes, other than by being killed while it did.
    """
    results, cut = _results(folder)
    config, wrong = _config(folder, results, said)
    state = said.get("status")
    if wrong is None and not results:
        wrong = "no result was reported"
    if wrong is None and cut is not None and state is None:
        wrong = f"killed while it wrote {cut.name}"
    error = _error(folder)
    if state not in OPEN and (wrong is not None or (state is None and error is not None)):
        state = "ERROR"
    cause = "; ".join(part for part in (error if state == "ERROR" else None, wrong) if part)
    return Trial(config, results, state, cause or None, cut)


def _config(folder: Path, results: list[tuple[str, Record]], said: Mapping[str, Any]) -> tuple[Record, str | None]:
    """The config, and what is wrong with its file; then it is that of the last result, or of the experiment's file."""
    path = folder / PARAMS
    text = bytes_of(path).decode("utf-8", errors="replace") if path.exists() else ""
    wrong = f"{PARAMS} is {'cut off' if text.strip() else 'empty' if path.exists() else 'missing'}"
    if text.strip():
        try:
            config = parsed(text, str(path))
        except ValueError:
            pass
        else:
            if not isinstance(config, Mapping):
                raise UserError(f"{path}: {type(config).__name__} instead of an object")
            return _flat(config), None
    inside = {key: value for _, row in results[-1:] for key, value in row.items() if key.startswith(f"config{JOINT}")}
    found = said.get("config") or said.get("evaluated_params")
    return inside or (_flat(found) if isinstance(found, Mapping) else {}), wrong


def _flat(config: Mapping[str, Any]) -> Record:
    return flat({"config": config}, JOINT)


def _results(folder: Path) -> tuple[list[tuple[str, Record]], Path | None]:
    """From result.json, or progress.csv where there is none; and the one of them whose last line is cut off."""
    for name, read in ((RESULTS, _lines), (TABLE, _table)):
        if (folder / name).exists():
            path = folder / name
            whole, cut = _whole(path, lines_end_themselves=name == RESULTS)
            return list(read(path, text_of(whole, path))), path if cut else None
    return [], None


def _whole(path: Path, lines_end_themselves: bool) -> tuple[bytes, bool]:
    """The file up to its last whole line. Ray ends each with a line end; a whole object needs none."""
    data = bytes_of(path)
    before, end, tail = data.rpartition(b"\n")
    if not tail.strip() or (lines_end_themselves and tail.rstrip().endswith(b"}") and _is_json(tail)):
        return data, False
    return before + end, True


def _is_json(tail: bytes) -> bool:
    try:
        parsed(tail.decode("utf-8"), "")
    except (ValueError, UserError):
        return False
    return True


def _lines(path: Path, text: str) -> Iterator[tuple[str, Record]]:
    for line, record in objects_in(text, path):
        yield f"{path}:{line}", flat(record, JOINT)


def _table(path: Path, text: str) -> Iterator[tuple[str, Record]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    names = next(reader, [])
    only_once(names, f"{path}:1")
    for cells in reader:
        if cells and len(cells) != len(names):
            raise UserError(f"{path}:{reader.line_num}: {len(cells)} cells, where the first line has {len(names)}")
        if cells:
            yield f"{path}:{reader.line_num}", {n: cell or None for n, cell in zip(names, cells, strict=True)}


def _error(folder: Path) -> str | None:
    """The last line of the error that Ray wrote down."""
    path = folder / ERROR
    if not path.exists():
        return None
    lines = [line for line in bytes_of(path).decode("utf-8", errors="replace").splitlines() if line.strip()]
    return printable(lines[-1])[:LONGEST] if lines else "an error that Ray did not write down"
