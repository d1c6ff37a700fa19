"""A table from elsewhere, whatever it was read from, and where each of its rows stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tinker.config.suggest import unknown
from tinker.errors import UserError


@dataclass(frozen=True)
class Sheet:
    """Rows that are runs, or points of runs.

    Attributes:
        file: its name, without folders.
        place: `file:line` of a row, for errors.
        run: column that tells runs apart, where the format has one.
        name: column of the run's name as a person gave it.
        step: column of the step, where the format always has one.
        status: column of the state of the run, where the format always has one.
        arm: column of the arm, unless the user names another; None where only the run's name tells it.
        seed: column of the seed, likewise.
        notes: what to know of the data in it.
    """

    file: str
    table: pa.Table
    place: Callable[[int], str]
    run: str | None = None
    name: str | None = None
    step: str | None = None
    status: str | None = None
    arm: str | None = "arm"
    seed: str | None = "seed"
    notes: tuple[str, ...] = ()

    def column(self, name: str, option: str) -> pa.Array:
        """One column; `option` is what named it.

        Raises:
            UserError: there is none of that name, with those there are.
        """
        if name not in self.table.column_names:
            raise UserError(f"{self.file}: {option}: {unknown('column', name, self.table.column_names)}")
        return self.table.column(name).combine_chunks()


def only_once(names: Sequence[str], where: str) -> None:
    """Raises UserError where a column's name is there twice: nobody can say which is meant."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"{where}: the column {twice[0]!r} is there {names.count(twice[0])} times; rename all but one")
