"""The content of a report, built once: renderers only lay it out.

Nothing here knows of a terminal, Markdown or a browser. Text is plain; each renderer escapes for its own format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column's heading, and whether it holds numbers (set to the right)."""

    name: str
    number: bool = True


@dataclass(frozen=True)
class Table:
    """Rows of finished text under columns; `marks` gives each row's verdict, for colour."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    marks: tuple[str | None, ...]
    note: str


@dataclass(frozen=True)
class Finding:
    """An arm's verdict in words."""

    arm: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class Section:
    """One corpus and scale: what was found, what to know about it, how to learn more."""

    title: str
    summary: str
    effects: Table
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    next_steps: tuple[str, ...]
    details: tuple[Table, ...]


@dataclass(frozen=True)
class Tuning:
    """What came before the comparison: every arm's search for its best values, and what it cost."""

    summary: str
    facts: tuple[str, ...]
    warnings: tuple[str, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Report:
    """A whole grid. `comparisons` are the rows of comparisons.parquet, `meta` what else JSON readers need.

    `tuning` is None where the grid tunes nothing.
    """

    grid: str
    question: str
    hypothesis: str
    rule: str
    progress: str
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
    comparisons: Sequence[Row]
    meta: Row
    tuning: Tuning | None = None
