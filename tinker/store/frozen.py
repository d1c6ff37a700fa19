"""Frozen records: a control's rows, copied out of the store to be committed and never to change.

    results/<name>/<scale>/record.json      what was frozen, in one page
    results/<name>/<scale>/trials/...       the rows, laid out as a store: `tinker replay ID --results` works on it

Checkpoints stay behind; the rows carry digests, so an edited record is noticed.
"""

from __future__ import annotations

from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from tinker.errors import UserError
from tinker.store.atomic import write_bytes, write_json
from tinker.store.layout import ACCEPTED, PARTS, Layout, TrialFolder
from tinker.store.record import StoredTrial
from tinker.store.sealed import verify
from tinker.store.store import Store
from tinker.store.strict_json import encode
from tinker.store.verdicts import accepted
from tinker.tables.grids import load_grid

SCHEMA = 1
#: Facts of the environment that belong on the page; all of them are with each row.
SHOWN = (
    "torch", "libraries", "python", "os", "cuda", "cudnn", "driver", "device", "threads", "precision", "backend",
)  # fmt: skip
CHOOSE_ANOTHER = "a frozen record has a folder of its own and does not change, choose another name"


def freeze_control(name: str, results: Path, grid_name: str) -> Path:
    """Copies the control's rows of a grid into a record of that name.

    Returns:
        The record's folder.

    Raises:
        UserError: unfinished trials, a switch that is on for speed, rows of unlike code, parts that are the user's
            own, a record that exists with other rows, or an unusable name.
    """
    grid = load_grid(results, grid_name)
    cells = [cell for cell in grid["cells"] if cell["arm"] == grid["control"]]
    if not cells:
        raise UserError(
            f"{grid['name']}: its arms are not tuned yet, so there is nothing to freeze; run the grid first"
        )
    _check_plain(grid)
    rows = _finished(Store(results), grid, cells)
    for row in rows:
        _check_shipped(grid["name"], row.spec.config)
    place = Layout(results).grid(name)
    if place.exists():
        raise UserError(f"{place.parent} holds the results of a grid; {CHOOSE_ANOTHER}")
    target = place.parent / str(cells[0]["scale"])
    page, record = target / "record.json", _record(name, grid, cells, rows)
    if page.exists() and page.read_bytes() != encode(record):
        raise UserError(f"{page}: frozen already, with other rows; {CHOOSE_ANOTHER}")
    for row in rows:
        _copy(row.folder, Layout(target).trial(row.trial_id, row.environment_class))
    write_json(page, record)
    return target


def _finished(store: Store, grid: dict[str, Any], cells: list[dict[str, Any]]) -> list[StoredTrial]:
    rows = [store.get(cell["trial_id"], grid["environment_class"]) for cell in cells]
    ended = [row for row in rows if row is not None and row.result is not None and row.result["status"] == "done"]
    if len(ended) < len(cells):
        raise UserError(
            f"{grid['name']}: {len(cells) - len(ended)} of the control's {len(cells)} trials are not done; "
            f"finish them first: tinker run {grid['name']}"
        )
    return ended


def _check_plain(grid: dict[str, Any]) -> None:
    """What others hold their numbers against was trained in the plainest way, and not as suited somebody's machine."""
    on = grid.get("switches", ())
    if on:
        raise UserError(
            f"{grid['name']}: its trials have {' and '.join(on)}, for speed, and a frozen control is trained without; "
            "run it without that (and without resources.compile and resources.matmul), and freeze that"
        )


def _check_shipped(grid: str, config: dict[str, Any]) -> None:
    """A record that others replay must not need, or publish the paths of, files that only its author has."""
    own = [f"plugins {config['plugins']}"] if config["plugins"] else []
    own += [f"data.path {config['data']['path']!r}"] if config["data"]["type"] == "text" else []
    own += [f"init_from {config['init_from']['path']!r}"] if "init_from" in config else []
    if own:
        raise UserError(
            f"{grid}: the control uses {' and '.join(own)}; a frozen control is made of shipped parts, "
            "freeze one without plugins and on a corpus that tinker brings (grammar, tinyshakespeare)"
        )


def _common_code(grid: str, rows: list[StoredTrial]) -> str:
    """The code under which all rows hold: made by it, or replayed under it; of several the one that made most."""
    made_by = [str(row.code_fingerprint) for row in rows]
    held = [{made, *accepted(row.folder)} for made, row in zip(made_by, rows, strict=True)]
    common = sorted(set.intersection(*held))
    if not common:
        raise UserError(
            f"{grid}: the control's rows were made by unlike code ({', '.join(sorted(set(made_by)))}), and no "
            f"probation says that it gives the same numbers; put them through it first: tinker run {grid}"
        )
    return max(common, key=made_by.count)


def _copy(source: TrialFolder, target: TrialFolder) -> None:
    record = verify(source)
    assert record is not None
    if target.result.exists():
        if target.result.read_bytes() == source.result.read_bytes():
            return
        raise UserError(f"{target.path}: frozen already, with another result; {CHOOSE_ANOTHER}")
    parts = [source.part(part, record["record"]["token"]) for part in PARTS]
    parts += [source.path / ACCEPTED] * (source.path / ACCEPTED).exists()
    for path in (source.spec, *parts, source.result):  # the result last: with it the row is whole
        write_bytes(target.path / path.name, path.read_bytes())


def _record(name: str, grid: dict[str, Any], cells: list[dict[str, Any]], rows: list[StoredTrial]) -> dict[str, Any]:
    metric = grid["decide"]["metric"]
    results = [row.result for row in rows if row.result is not None]
    values = [result["metrics"][metric] for result in results]
    environment = rows[0].environment()
    return {
        "schema": SCHEMA,
        "name": name,
        "grid": grid["name"],
        "corpus": cells[0]["corpus"],
        "scale": cells[0]["scale"],
        "metric": metric,
        "n": len(values),
        "mean": fmean(values),
        "sd": stdev(values) if len(values) > 1 else None,
        "trials": [
            {
                "trial_id": cell["trial_id"],
                "seed_init": cell["seed_init"],
                "seed_data": cell["seed_data"],
                "steps": result["steps"],
                "metrics": result["metrics"],
            }
            for cell, result in zip(cells, results, strict=True)
        ],
        "params": results[0]["params"],
        "flops_per_token": results[0]["flops_per_token"],
        "environment_class": grid["environment_class"],
        "environment": {key: environment[key] for key in SHOWN if key in environment},
        "commit": (environment.get("git") or {}).get("commit"),
        "dirty": any(row.uncommitted() for row in rows),
        "code_fingerprint": _common_code(grid["name"], rows),
        "config": rows[0].spec.config,
    }
