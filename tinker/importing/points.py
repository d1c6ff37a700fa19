"""The rows of one file in tinker's words: arm, seed, step, state, machine, metrics and costs of each."""

from __future__ import annotations

from collections.abc import Container

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tinker.errors import UserError
from tinker.importing.cells import filled, numbers, texts, whole
from tinker.importing.request import NO_SEED, Request, type_of
from tinker.importing.run_name import DEFAULT, parts_of
from tinker.importing.sheet import Sheet
from tinker.importing.status import known

#: Prefixes of the columns that hold metrics and costs, so that no name of theirs can be one of the others.
METRIC, COST = "metric ", "cost "
#: The column of why a run failed.
CAUSE = "cause"
#: Between the values of several columns that name an arm.
JOINT = "/"


def points_of(sheet: Sheet, request: Request, elsewhere: Container[str]) -> pa.Table:
    """Columns source, run, arm, seed, step, status, hardware, and one for each metric and cost; the sheet's rows.

    `seed` is null where the runs have none, `step` where rows are runs, `run` where the format tells no runs apart. A
    metric may be missing here if another of the files has it: `elsewhere` are the columns of all.

    Raises:
        UserError: a column that is not there, or a cell that is not what it should be.
    """
    arm, seed = _arm_and_seed(sheet, request)
    count = len(sheet.table)
    columns = {
        "source": pa.array([sheet.file] * count, pa.string()),
        "run": texts(sheet, sheet.run, "the run") if sheet.run else pa.nulls(count, pa.string()),
        "arm": arm,
        "seed": seed,
        "status": _status(sheet, request),
        "hardware": texts(sheet, request.hardware, "--hardware") if request.hardware else pa.nulls(count, pa.string()),
    }
    for column, name in request.metrics.items():
        here = column in sheet.table.column_names or column not in elsewhere
        columns[METRIC + name] = numbers(sheet, column, "--metric") if here else pa.nulls(count, pa.float64())
    if sheet.cause is not None:
        columns[COST + CAUSE] = texts(sheet, sheet.cause, "the cause")
    for name, column in (request.columns or {}).items():
        columns[COST + name] = _cost(sheet, name, column)
    return pa.table(columns | {"step": _step(sheet, request, columns)})


def _arm_and_seed(sheet: Sheet, request: Request) -> tuple[pa.Array, pa.Array]:
    """Out of their columns; out of the run's name where that is asked for, or all there is."""
    columns, seed_column = request.arms or (sheet.arm,), request.seed or sheet.seed
    if request.run_name is not None or None in columns or seed_column is None:
        arm, seed = _from_names(sheet, request.run_name or DEFAULT)
    else:
        arm = seed = None
    if arm is None or request.arms:
        arm = pc.binary_join_element_wise(*[_arm(sheet, column) for column in columns if column], JOINT)
    if request.seed == NO_SEED:
        return arm, pa.nulls(len(arm), pa.int64())
    if seed is None or request.seed is not None:
        if seed_column is None:
            raise UserError(f"{sheet.file}: --run-name: nothing tells the seeds; add {{seed}}, or say --seed none")
        remedy = "a seed is one; if the runs have no seeds say --seed none"
        seed = filled(sheet, seed_column, "--seed", whole(sheet, seed_column, "--seed", remedy), remedy)
    return arm, seed.cast(pa.int64())


def _from_names(sheet: Sheet, pattern: str) -> tuple[pa.Array, pa.Array | None]:
    if sheet.name is None:
        raise UserError(f"{sheet.file}: --run-name: only exports of W&B and folders of Ray Tune name their runs")
    names = filled(sheet, sheet.name, "--run-name", texts(sheet, sheet.name, "--run-name"), "a run needs a name")
    arms, seeds = parts_of(sheet, names, pattern)
    _demand_printable(sheet, arms, "--run-name")
    return arms, seeds


def _arm(sheet: Sheet, column: str) -> pa.Array:
    named = filled(sheet, column, "--arm", texts(sheet, column, "--arm"), "each run belongs to an arm; name it")
    _demand_printable(sheet, named, f"column {column!r} (--arm)")
    return named


def _demand_printable(sheet: Sheet, named: pa.Array, what: str) -> None:
    bad = pc.invert(pc.utf8_is_printable(named)).to_numpy(zero_copy_only=False)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise UserError(f"{sheet.place(row)}: {what}: {named[row].as_py()!r} cannot be printed")


def _status(sheet: Sheet, request: Request) -> pa.Array:
    column = request.status or sheet.status
    if column is None:
        return pa.nulls(len(sheet.table), pa.string())
    said = texts(sheet, column, "--status").dictionary_encode()
    ours = known(said.dictionary.to_pylist(), f"{sheet.file}: column {column!r} (--status)")
    return pa.array([ours[word] for word in said.dictionary.to_pylist()], pa.string()).take(said.indices)


def _step(sheet: Sheet, request: Request, columns: dict[str, pa.Array]) -> pa.Array:
    """The step of each row. A row without one may only be a run that has reported nothing."""
    column = request.step or sheet.step
    if column is None:
        return pa.nulls(len(sheet.table), pa.int64())
    remedy = "a step is one"
    step = whole(sheet, column, "--step", remedy)
    measured = [pc.is_valid(values) for name, values in columns.items() if name.startswith(METRIC)]
    lost = np.logical_or.reduce([m.to_numpy(zero_copy_only=False) for m in measured])
    lost &= pc.is_null(step).to_numpy(zero_copy_only=False)
    if lost.any():
        place = sheet.place(int(np.flatnonzero(lost)[0]))
        raise UserError(f"{place}: column {column!r} (--step): the cell is empty, and the row has a value of a metric")
    return step


def _cost(sheet: Sheet, name: str, column: str) -> pa.Array:
    kind, option = type_of(name), f"--column {name}"
    if pa.types.is_string(kind):
        return texts(sheet, column, option)
    if pa.types.is_integer(kind):
        return whole(sheet, column, option, f"{name} is one")
    return numbers(sheet, column, option)
