"""The report in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from rich import box
from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from tinker.report.printable import printable
from tinker.report.view import Report, Section, Table, Tuning

#: A text of so many columns stands in a table unbroken, as numbers do; a longer one may wrap.
SHORT = 12

STYLES = {
    "better": "bold green",
    "worse": "bold red",
    "equivalent": "cyan",
    "not worse": "cyan",
    "inconclusive": "yellow",
    "cannot reach alpha": "yellow",
    "exploratory": "magenta",
    "invalid": "bold magenta",
    "control": "dim",
}


def render(report: Report, width: int, color: bool) -> str:
    """Lines of at most `width` columns. Texts are shown as they are: nothing in them is read as markup."""
    out = StringIO()
    console = Console(
        file=out, width=width, force_terminal=color, no_color=not color, color_system="standard" if color else None,
        highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    for label, text in (
        ("grid", report.grid),
        ("question", report.question),
        ("hypothesis", report.hypothesis),
        ("rule", report.rule),
        ("trials", report.progress),
        *(("note", note) for note in report.notes),
    ):
        if text:
            console.print(_labelled(f"{label:<12}", text, style="bold"))
    for section in report.sections:
        _section(console, section)
    if report.tuning is not None:
        _tuning(console, report.tuning)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _section(console: Console, section: Section) -> None:
    console.print()
    console.print(_text(section.title, style="bold underline"))
    console.print(_text(section.summary))
    _table(console, section.effects)
    if section.findings:
        console.print()
        console.print(Text("In words", style="bold"))
    for finding in section.findings:
        text = _text(f"{finding.arm} (")
        text.append(finding.verdict, style=STYLES[finding.verdict])
        text.append(f"): {printable(finding.reason)}")
        console.print(Padding(text, (0, 0, 0, 2)))
    _list(console, "Warnings", section.warnings)
    _list(console, "What next", section.next_steps)
    for table in section.details:
        _table(console, table)


def _tuning(console: Console, tuning: Tuning) -> None:
    console.print()
    console.print(_text("Tuning", style="bold underline"))
    console.print(_text(tuning.summary))
    for fact in tuning.facts:
        console.print(_text(fact))
    _list(console, "Warnings of the tuning", tuning.warnings)
    for table in tuning.tables:
        _table(console, table)


def _table(console: Console, table: Table) -> None:
    console.print()
    console.print(_text(table.title, style="bold"))
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    lengths = [max(map(len, cells)) for cells in zip([c.name for c in table.columns], *table.rows, strict=True)]
    firm = [c.number or length <= SHORT for c, length in zip(table.columns, lengths, strict=True)]
    fits = sum(n + 2 if unbroken else SHORT for n, unbroken in zip(lengths, firm, strict=True)) <= console.width
    for column, unbroken in zip(table.columns, firm, strict=True):
        side: JustifyMethod = "right" if column.number else "left"
        # Where not even the numbers fit, everything wraps, and nothing is cut.
        grid.add_column(_text(column.name), justify=side, overflow="fold", no_wrap=fits and unbroken)
    for cells, mark in zip(table.rows, table.marks, strict=True):
        grid.add_row(*(_text(cell, style=STYLES[mark] if mark and cell == mark else "") for cell in cells))
    console.print(grid)
    console.print(_text(table.note, style="dim"))


def _list(console: Console, title: str, items: Iterable[str]) -> None:
    for place, item in enumerate(items):
        if place == 0:
            console.print()
            console.print(_text(title, style="bold"))
        console.print(_labelled("  - ", item))


def _labelled(label: str, text: str, style: str = "") -> Grid:
    """Text that wraps beside its label, not under it."""
    grid = Grid.grid()
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row(Text(label, style=style), _text(text))  # folding would take the space out of a label
    return grid


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style=style)
