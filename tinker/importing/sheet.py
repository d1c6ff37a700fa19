"""A table from elsewhere, whatever it was read from, and where each of its rows stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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
        cause: column of why a run failed, where the format tells it.
        nameless: rows of runs whose arm nothing but the run's name can tell.
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
    cause: str | None = None
    nameless: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()

    def without_nameless(self) -> Sheet:
        """Without the rows that no arm can be told of, and with a note of them."""
        if not self.nameless or self.run is None:
            return self
        kept = [row for row in range(len(self.table)) if row not in self.nameless]
        if not kept:
            return self
        runs = self.table.column(self.run).take(sorted(self.nameless)).to_pylist()
        note = f"{self.file}: left out, since nothing but its name tells its arm (see --run-name): {some(runs)}"
        table, place = self.table.take(kept), self.place
        return replace(
            self, table=table, place=lambda row: place(kept[row]), nameless=frozenset(), notes=(*self.notes, note)
        )

    def column(self, name: str, option: str) -> pa.Array:
        """One column; `option` is what named it.

        Raises:
            UserError: there is none of that name, with those there are.
        """
        if name not in self.table.column_names:
            raise UserError(f"{self.file}: {option}: {unknown('column', name, self.table.column_names)}")
        return self.table.column(name).combine_chunks()


def some(names: Sequence[str], most: int = 6) -> str:
    """Names with commas between, each once; cut after `most`."""
    each = list(dict.fromkeys(names))
    return ", ".join([*each[:most], *([f"and {len(each) - most} more"] if len(each) > most else [])])


def only_once(names: Sequence[str], where: str) -> None:
    """Raises UserError where a column's name is there twice: nobody can say which is meant."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"{where}: the column {twice[0]!r} is there {names.count(twice[0])} times; rename all but one")
