"""The report for programs: every number in full, as in comparisons.parquet."""

from __future__ import annotations

from tinker.report.view import Report
from tinker.store.strict_json import encode
from tinker.tables.schema import VERSION


def render(report: Report) -> str:
    """JSON with sorted keys: equal reports give equal text."""
    content = {
        "schema": VERSION,
        "grid": report.grid,
        "question": report.question,
        "hypothesis": report.hypothesis,
        "rule": report.rule,
        "progress": report.progress,
        "notes": report.notes,
        **report.meta,
        "next_steps": {section.title: section.next_steps for section in report.sections},
        "comparisons": report.comparisons,
    }
    return encode(content).decode()
