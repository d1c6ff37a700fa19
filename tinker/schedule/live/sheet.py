"""The trials of one phase of a grid as a table: a row for each arm, a cell for each trial, counts beside them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tinker.schedule.live.words import ENDED, State


@dataclass(slots=True, eq=False)
class Cell:
    """One trial; `fraction` is how far it is while it runs, `value` its metric once it is done.

    `staged`: whether its grid has asked for it by now. Looks ask for the first seeds of an arm first.
    """

    row: Row
    state: State = "waiting"
    fraction: float = 0.0
    value: float | None = None
    staged: bool = False

    def become(self, state: State, value: float | None = None) -> None:
        """Changes the state, and the counts with it."""
        self.row.counts[self.state] -= 1
        self.row.counts[state] += 1
        if value != self.value:
            self.row.version += 1
        self.state, self.value = state, value


@dataclass(slots=True, eq=False)
class Row:
    """An arm: its cells by the label of their seeds, how many are in which state.

    `version` changes whenever a value does.
    """

    arm: str
    cells: dict[str, Cell] = field(default_factory=dict)
    counts: Counter[State] = field(default_factory=Counter)
    version: int = 0

    def cell(self, key: str) -> Cell:
        """That cell, which is made if need be."""
        found = self.cells.get(key)
        if found is None:
            found = self.cells[key] = Cell(self)
            self.counts["waiting"] += 1
        return found

    @property
    def values(self) -> list[float]:
        """Of the trials that are done."""
        return [cell.value for cell in self.cells.values() if cell.value is not None]

    @property
    def ended(self) -> int:
        """How many have ended."""
        return sum(self.counts[state] for state in ENDED)

    @property
    def wanted(self) -> int:
        """How many there are, but for those that turned out not to be needed."""
        return len(self.cells) - self.counts["not needed"]


@dataclass(slots=True)
class Sheet:
    """The rows by arm, in the grid's order."""

    rows: dict[str, Row] = field(default_factory=dict)

    def cell(self, arm: str, key: str) -> Cell:
        """That cell, which is made if need be."""
        if arm not in self.rows:
            self.rows[arm] = Row(arm)
        return self.rows[arm].cell(key)

    @property
    def counts(self) -> Counter[State]:
        """Over all arms."""
        total: Counter[State] = Counter()
        for row in self.rows.values():
            total.update(row.counts)
        return total

    def stage(self, cells: list[Cell]) -> None:
        """A stage of these cells begins. Where some are new, arms without one go no further than they are."""
        fresh = {id(cell.row) for cell in cells if not cell.staged}
        for cell in cells:
            cell.staged = True
            if cell.state == "not needed":
                cell.become("waiting")
        for row in self.rows.values() if fresh else ():
            if id(row) not in fresh:
                for cell in row.cells.values():
                    if not cell.staged and cell.state == "waiting":
                        cell.become("not needed")
