"""Reads the folder of a Ray Tune experiment: a folder a trial, with params.json and result.json or progress.csv.

Ray itself is not needed. Layout as Ray 2.x writes it: `tune.RunConfig(name=..., storage_path=...)`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinker.errors import UserError
from tinker.importing.records import Record, flat, objects, table_of
from tinker.importing.sheet import Sheet

#: The names that the folder of a trial and its state get as columns.
TRIAL, STATE = "trial", "trial_state"
STEP = "training_iteration"
#: Between the keys of nested objects, as Ray itself joins them.
JOINT = "/"


def read_ray(folder: Path) -> Sheet:
    """A row for each result that a trial reported; one without results has a row too. Config keys are `config/<key>`.

    Raises:
        UserError: not such a folder, or a file in it that cannot be read.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: not a folder; expected that of a Ray Tune experiment")
    trials = sorted(path.parent for path in folder.glob("*/params.json"))
    if not trials:
        raise UserError(
            f"{folder}: no trials of Ray Tune in it; expected folders that hold params.json and result.json"
        )
    states = _states(folder)
    rows: list[Record] = []
    places: list[str] = []
    for trial in trials:
        state = states.get(trial.name, "ERROR" if (trial / "error.txt").exists() else None)
        own = {TRIAL: trial.name, STATE: state, **_flat_config(_json(trial / "params.json"))}
        reported = list(_results(trial))
        for place, result in reported or [(str(trial), {})]:
            rows.append(own | result)
            places.append(place)
    table = table_of(rows)
    if STEP not in table.column_names:
        raise UserError(f"{folder}: none of its {len(trials)} trials reported a result")
    arm, seed = (f"config{JOINT}{key}" for key in ("arm", "seed"))
    return Sheet(folder.name, table, lambda row: places[row], TRIAL, TRIAL, STEP, STATE, arm, seed)


def _flat_config(config: Any) -> Record:
    return flat({"config": config}, JOINT)


def _results(trial: Path) -> Iterator[tuple[str, Record]]:
    """Place and content of each result, from result.json, or progress.csv where there is none."""
    if (trial / "result.json").exists():
        for line, record in objects(trial / "result.json"):
            yield f"{trial / 'result.json'}:{line}", flat(record, JOINT)
    elif (trial / "progress.csv").exists():
        with (trial / "progress.csv").open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            for row in reader:
                yield f"{trial / 'progress.csv'}:{reader.line_num}", {k: v or None for k, v in row.items()}


def _states(folder: Path) -> dict[str, str]:
    """What Ray says of each trial, by its folder; a restored experiment has several files, the last one counts."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("experiment_state-*.json")):
        try:
            for text, *_ in _json(path)["trial_data"]:
                trial = json.loads(text)
                found[trial["relative_logdir"]] = trial["status"]
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}: not the state of an experiment as Ray 2 writes it ({error!r})") from None
    return found


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not JSON ({error})") from None
