"""Tables of the page: cells that know what they are sorted by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tinker.report.html.verdicts import advice
from tinker.report.html.wording import DASH
from tinker.report.view import Column, Row


@dataclass(frozen=True)
class Cell:
    """Its text; a number to sort by (text is sorted as text); a kind for the colour of a verdict."""

    text: str
    value: float | None = None
    kind: str = ""
    sign: str = ""
    code: bool = False


@dataclass(frozen=True)
class Table:
    """With a caption; every row has a cell for each column, and the first is the row's heading."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


Maker = tuple[Column, Callable[[Row], Cell]]


def table(caption: str, makers: Iterable[Maker], rows: Sequence[Row], note: str = "") -> Table:
    """A column for each maker; one that has nothing to say about any row is left out."""
    made = [(column, [make(row) for row in rows]) for column, make in makers]
    kept = [(column, cells) for column, cells in made if any(cell.text not in (DASH, "") for cell in cells)]
    across = tuple(tuple(cells[place] for _, cells in kept) for place in range(len(rows)))
    return Table(caption, tuple(column for column, _ in kept), across, note)


def words(name: str, key: str, *, code: bool = False) -> Maker:
    """A column of text."""
    return Column(name, number=False), lambda row: Cell(row[key] or DASH, code=code)


def numbers(name: str, key: str, shown: Callable[[Row], str]) -> Maker:
    """A column that is sorted by `key` and reads as `shown` says."""
    return Column(name), lambda row: Cell(DASH if row[key] is None else shown(row), row[key])


def verdict() -> Maker:
    """The verdict with its sign."""

    def cell(row: Row) -> Cell:
        said = advice(row["verdict"])
        return Cell(row["verdict"], None, said.kind, said.sign)

    return Column("verdict", number=False), cell
