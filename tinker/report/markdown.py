"""The report for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tinker.report.printable import printable
from tinker.report.view import Report, Section, Table, Tuning

#: A comment on GitHub holds 65,536 characters.
LIMIT = 65_000
#: Characters of a question or a note, and how many of these: the head is never left out.
LONGEST, MOST_FACTS = 1000, 24
#: What Markdown or HTML would read as its own; also `@` and `#`, with which a forge would ping people and link issues.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~@#!&$])")

Block = tuple[str, list[str]]


def render(report: Report) -> str:
    """GitHub-flavoured Markdown of at most `LIMIT` characters; every text of the user's is escaped.

    Of a very large grid the blocks that do not fit are left out, and the last line names them.
    """
    written: list[str] = []
    left_out: list[str] = []
    room = LIMIT - 1000  # for that last line
    for title, lines in _blocks(report):
        text = "\n".join(lines) + "\n"
        if len(text) <= room:
            written.append(text)
            room -= len(text)
        else:
            left_out.append(title)
    if left_out:
        written.append(f"Too long for here, see comparisons.parquet: {'; '.join(left_out)}"[:999] + "\n")
    return "\n".join(written)


def _blocks(report: Report) -> Iterator[Block]:
    """Titles and lines, the most important first."""
    head = (
        ("Question", report.question),
        ("Hypothesis", report.hypothesis),
        ("Rule", report.rule),
        ("Trials", report.progress),
        *(("Note", note) for note in report.notes),
    )
    facts = [f"- **{label}:** {escape(_cut(text))}" for label, text in head if text]
    if len(facts) > MOST_FACTS:
        facts[MOST_FACTS:] = [f"- and {len(facts) - MOST_FACTS} more notes"]
    yield "head", [f"## {escape(report.grid)}", "", *facts]
    for section in report.sections:
        yield from _section(section)
    if report.tuning is not None:
        yield from _tuning(report.tuning)


def _tuning(tuning: Tuning) -> Iterator[Block]:
    facts = [f"- {escape(_cut(fact))}" for fact in tuning.facts]
    yield "Tuning", ["### Tuning", "", escape(tuning.summary), "", *facts]
    if tuning.warnings:
        lines = [f"- {escape(warning)}" for warning in tuning.warnings]
        yield "Warnings of the tuning", ["#### Warnings of the tuning", "", *lines]
    yield from map(_table, tuning.tables)


def _section(section: Section) -> Iterator[Block]:
    title = escape(section.title)
    yield title, [f"### {title}", "", escape(section.summary)]
    yield _table(section.effects)
    for name, items in (
        ("In words", [f"{escape(f.arm)} (**{f.verdict}**): {escape(f.reason)}" for f in section.findings]),
        ("Warnings", [escape(warning) for warning in section.warnings]),
        ("What next", [escape(step) for step in section.next_steps]),
    ):
        if items:
            yield name, [f"#### {name}", "", *(f"- {item}" for item in items)]
    yield from map(_table, section.details)


def _table(table: Table) -> Block:
    title = escape(table.title)
    lines = [f"#### {title}", "", _row(column.name for column in table.columns)]
    lines.append("|" + "|".join("---:" if column.number else "---" for column in table.columns) + "|")
    lines += [_row(cells) for cells in table.rows]
    return title, [*lines, "", escape(table.note)]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(escape, cells)) + " |"


def escape(text: str) -> str:
    """On one line, with nothing in it that Markdown reads or that a reader does not see."""
    return _SPECIAL.sub(r"\\\1", printable(text))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... ({len(text) - LONGEST} more characters)"
