"""Reads the folder of a Ray Tune experiment: a folder a trial, with params.json and result.json or progress.csv.

Ray itself is not needed. Layout as Ray 2.x writes it: `tune.RunConfig(name=..., storage_path=...)`. The experiment may
have been killed, or be running: what is half written is left out and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinker.errors import UserError
from tinker.importing.ray_trial import JOINT, PARAMS, RESULTS, TABLE, trial_of
from tinker.importing.records import Record, bytes_of, parsed, table_of
from tinker.importing.sheet import Sheet, some

#: The names that the folder of a trial, its state and what is wrong with it get as columns.
TRIAL, STATE, CAUSE = "trial", "trial_state", "trial_cause"
STEP = "training_iteration"


def read_ray(folder: Path) -> Sheet:
    """A row for each result that a trial reported; one without results has a row too. Config keys are `config/<key>`.

    Raises:
        UserError: not such a folder, or a file in it that cannot be read.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: not a folder; expected that of a Ray Tune experiment")
    folders = sorted({path.parent for name in (PARAMS, RESULTS, TABLE) for path in folder.glob(f"*/{name}")})
    if not folders:
        raise UserError(f"{folder}: no trials of Ray Tune in it; expected folders that hold {PARAMS} and {RESULTS}")
    said, notes = _states(folder)
    rows: list[Record] = []
    places: list[str] = []
    nameless: list[int] = []
    cut: list[str] = []
    for path in folders:
        trial = trial_of(path, said.get(path.name, {}))
        own = {TRIAL: path.name, STATE: trial.state, CAUSE: trial.cause}
        if trial.cut is not None:
            cut.append(f"{path.name}/{trial.cut.name}")
        for place, result in trial.results or [(str(path), {})]:
            if not trial.config:
                nameless.append(len(rows))
            rows.append({**trial.config, **result, **own})
            places.append(place)
    table = table_of(rows)
    if STEP not in table.column_names:
        raise UserError(f"{folder}: none of its {len(folders)} trials reported a result")
    if cut:
        notes.append(f"{folder.name}: the last line is only half there, and left out, of {some(cut)}")
    arm, seed = (f"config{JOINT}{key}" for key in ("arm", "seed"))
    return Sheet(
        folder.name, table, lambda row: places[row], TRIAL, TRIAL, STEP, STATE, arm, seed,
        cause=CAUSE, nameless=frozenset(nameless), notes=tuple(notes),
    )  # fmt: skip


def _states(folder: Path) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """What Ray says of each trial, by its folder, and notes; a restored experiment has several files, the last counts.

    Raises:
        UserError: a file of another shape; one that is empty or cut off is left out.
    """
    found: dict[str, Mapping[str, Any]] = {}
    notes = []
    for path in sorted(folder.glob("experiment_state-*.json")):
        try:
            state = parsed(bytes_of(path).decode("utf-8", errors="replace"), str(path))
        except ValueError:
            notes.append(f"{folder.name}: {path.name} is empty or cut off, and left out")
            continue
        try:
            trials = [parsed(text, str(path)) for text, *_ in state["trial_data"]]
            found |= {trial["relative_logdir"]: trial for trial in trials if trial["status"]}
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{path}: not the state of an experiment as Ray 2 writes it ({error!r})") from None
    return found, notes
