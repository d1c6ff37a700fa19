"""What a grid leaves to a measurement (`auto`): decided once, kept in its `measured.json`, and the same for every arm.

Whoever expands a grid reads the decision here, so that trials have the same ids for all of them, on every machine.
`tinker.schedule.measured` makes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinker.config.merge import leaves
from tinker.errors import ConfigError, UserError
from tinker.grid.blame import Place, blame
from tinker.grid.product import DeclaredArm, places
from tinker.grid.schema import Grid
from tinker.grid.switches import SWITCHES, onednn_applies
from tinker.store.layout import Layout
from tinker.tables.grid_shape import MEASURED
from tinker.tables.shapes import problem_of

#: Keys of `resources` that may be `auto` here, and of the decision.
PARTS = ("matmul", "compile", "fused")
#: Those that switch a key of `train`.
SWITCHED = tuple(part for part in PARTS if part in SWITCHES)


def settled(grid: Grid, results: Path) -> Grid:
    """The grid with what was decided for it, as far as it was.

    Raises:
        UserError: `measured.json` is damaged.
    """
    parts = [part for part in PARTS if getattr(grid.resources, part) == "auto"]
    if not parts:
        return grid
    found = read_measured(Layout(results).measured(grid.measured_name))
    return replace(grid, decided={part: found[part] for part in parts if part in found})


def read_measured(path: Path) -> dict[str, Any]:
    """A `measured.json`; empty where there is none.

    Raises:
        UserError: it is not one that tinker wrote.
    """
    try:
        document = json.loads(path.read_bytes())
        problem = problem_of(document, MEASURED)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        document, problem = {}, str(error)
    if problem is not None:
        raise UserError(
            f"{path} is not as tinker wrote it ({problem}); `tinker doctor --store --results {path.parent.parent}` "
            "sets it aside, and takes what was decided from grid.json if it can"
        )
    return dict(document)


def settled_by_itself(grid: Grid, train: Mapping[str, Any]) -> Grid:
    """The grid without the question of `matmul` where trials cannot have onednn; `train` is what all arms share of it.

    Another precision or accelerator may have the choice: what was decided stays in `measured.json`.
    """
    if grid.resources.matmul is None or onednn_applies(train):
        return grid
    said = (
        f"resources.matmul: auto: onednn is for fp32 on CPUs, and this is {train['precision']} on "
        f"{train['accelerator']}: train.matmul=torch"
    )
    decided = {part: each for part, each in grid.decided.items() if part != "matmul"}
    return replace(grid, resources=replace(grid.resources, matmul=None), decided=decided, no_choice=(said,))


def open_parts(grid: Grid) -> list[str]:
    """What is still to be measured."""
    return [part for part in PARTS if getattr(grid.resources, part) == "auto" and part not in grid.decided]


def check_auto(
    grid: Grid, config: Mapping[str, Any], shared: Sequence[Sequence[Place]], arms: Sequence[DeclaredArm]
) -> None:
    """Refuses `auto` for a switch where something else decides it, or nobody could measure it.

    Args:
        config: of the chosen files alone.
        shared: where the keys that all arms share were set.

    Raises:
        ConfigError: with the line of what is in the way.
    """
    for part in SWITCHED:
        if getattr(grid.resources, part) is not None:
            (off, _), key = SWITCHES[part], f"train.{part}"
            _check_undecided(grid, f"resources.{part}", key, leaves(config).get(key, off) != off, shared, arms)
    if grid.resources.compile is not None and grid.resources.fused not in (1, "auto"):
        where = grid.source.where("resources.compile")
        problem = (
            f"auto, and resources.fused is {grid.resources.fused}: seeds that are trained as one program are not "
            "compiled; leave out one of the two, or give resources.fused: auto, so that the faster one is taken"
        )
        raise ConfigError("resources.compile", problem, where=where)


def _check_undecided(
    grid: Grid,
    part: str,
    key: str,
    chosen: bool,
    shared: Sequence[Sequence[Place]],
    arms: Sequence[DeclaredArm],
) -> None:
    twice = f"is set here, and {part}: auto leaves it to a measurement; leave out one of the two"
    error, where = ConfigError(key, twice), grid.source.where("base")
    overrides = {name for value in grid.values for name in leaves({value.key: value.value})}
    if key in overrides | leaves(grid.base).keys() or chosen:
        raise blame(error, shared, where)
    for arm in arms:
        if key in leaves(arm.diff):
            raise blame(error, [arm.places], arm.where)
    if grid.pretrain is not None and key in leaves(grid.pretrain.diff):
        raise blame(error, [places(grid, "pretrain", "diff")], grid.source.where("pretrain"))


def check_devices(grid: Grid, config: Mapping[str, Any]) -> None:
    """Refuses it for trials on several devices; `config` is what all arms start from.

    Raises:
        ConfigError: with the line of the resources.
    """
    devices = config["train"].get("devices", 1)
    for part in SWITCHED:
        if getattr(grid.resources, part) == "auto" and devices != 1:
            problem = f"auto is measured on one device, and train.devices is {devices}; set train.{part} for all arms"
            raise ConfigError(f"resources.{part}", problem, where=grid.source.where(f"resources.{part}"))
