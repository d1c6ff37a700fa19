"""A review for a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from tinker.report.markdown import LIMIT, escape
from tinker.review.review import Review
from tinker.review.wording import head, seen, subject

#: Characters of a text and of a name, and reasons of an arm, that are shown.
TEXT, NAME, REASONS = 2000, 200, 8


def render(review: Review) -> str:
    """GitHub-flavoured Markdown of at most `LIMIT` characters; every text of the user's is escaped.

    A very long text is cut, and says so. Of a very large grid the rows that do not fit are left out, and a last line
    counts them.
    """
    (_, grid), *facts = head(review)
    start = [f"## Review of {_cut(grid, NAME)}: {review.word}", ""]
    start += [*(f"- **{label}:** {_cut(text)}" for label, text in facts), ""]
    arms = [
        f"| {_cut(subject(judgement, review), NAME)} | **{judgement.word}** | {_why(judgement.reasons)} |"
        for judgement in review.judgements
    ]
    # What failed comes first, should there not be room for all.
    order = sorted(review.findings, key=lambda finding: ("FAILED", "note", "ok").index(finding.state))
    gates = [f"| {finding.gate} | {finding.state} | {_cut(seen(finding, review))} |" for finding in order]
    room = LIMIT - len("\n".join(start)) - 1000  # for headings and the last line
    shown_arms, room = _fitting(arms, room)
    shown_gates, room = _fitting(gates, room)
    lines = [*start, "| arm | judgement | why |", "|---|---|---|", *shown_arms]
    lines += ["", "| gate | | seen |", "|---|---|---|", *shown_gates]
    left_out = len(arms) - len(shown_arms) + len(gates) - len(shown_gates)
    if left_out:
        lines += ["", f"Too long for here: {left_out} rows are left out; `tinker check` prints them all."]
    return "\n".join(lines) + "\n"


def _why(reasons: Sequence[str]) -> str:
    more = [f"and {len(reasons) - REASONS} more"] if len(reasons) > REASONS else []
    return "<br>".join([*(_cut(reason) for reason in reasons[:REASONS]), *more])


def _cut(text: str, most: int = TEXT) -> str:
    """Escaped: of a text that is longer, the first `most` characters and how many there are more."""
    if len(text) <= most:
        return escape(text)
    return f"{escape(text[:most])} ... ({len(text) - most} more characters)"


def _fitting(rows: list[str], room: int) -> tuple[list[str], int]:
    """The first rows that fit, and the room that is left."""
    shown = []
    for row in rows:
        if len(row) + 1 > room:
            break
        shown.append(row)
        room -= len(row) + 1
    return shown, room
