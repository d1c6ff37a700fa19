"""A review in a terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tinker.report.printable import printable
from tinker.review.review import Review
from tinker.review.wording import head, seen, subject

#: Columns of an arm's name; a longer one goes on in the next line.
NAME = 28
STYLES = {
    "accept": "bold green", "reject": "bold red", "inconclusive": "yellow", "invalid": "bold magenta",
    "ok": "green", "note": "yellow", "FAILED": "bold red",
}  # fmt: skip


def render(review: Review, width: int = 100, color: bool = False) -> str:
    """Lines of at most `width` columns. Nothing in a text is read as markup, and what is not to be seen is a `?`."""
    out = StringIO()
    console = Console(
        file=out, width=width, force_terminal=color, no_color=not color, color_system="standard" if color else None,
        highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    top = Table.grid(padding=(0, 2, 0, 0))
    top.add_column(no_wrap=True)
    top.add_column(overflow="fold")
    for label, text in head(review):
        top.add_row(Text(label, style="bold"), _line(text))
    console.print(top)
    console.print()
    console.print(Text("Arms", style="bold underline"))
    arms = Table.grid(padding=(0, 2, 0, 0))
    arms.add_column(overflow="fold", max_width=NAME)
    arms.add_column(no_wrap=True)
    arms.add_column(overflow="fold")
    for judgement in review.judgements:
        why = Text("\n").join(map(_line, judgement.reasons))
        arms.add_row(_line(subject(judgement, review)), Text(judgement.word, style=STYLES[judgement.word]), why)
    console.print(arms)
    console.print()
    console.print(Text("Gates", style="bold underline"))
    gates = Table.grid(padding=(0, 2, 0, 0))
    gates.add_column(no_wrap=True)
    gates.add_column(no_wrap=True)
    gates.add_column(overflow="fold")
    for finding in review.findings:
        gates.add_row(
            Text(finding.gate), Text(finding.state, style=STYLES[finding.state]), _line(seen(finding, review))
        )
    console.print(gates)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _line(text: str) -> Text:
    return Text(printable(text))
