"""What a gate found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "FAILED"]


@dataclass(frozen=True)
class Finding:
    """One line of a review.

    Attributes:
        gate: which check, in a word or two.
        state: `note` is for what a reviewer should know and no arm is refused for.
        text: what was seen, with its figures, in one sentence.
        arms: those that a failure makes invalid; None for all.
        place: the corpus and scale that it is about; None for all.
    """

    gate: str
    state: State
    text: str
    arms: tuple[str, ...] | None = None
    place: tuple[str, str] | None = None

    def refuses(self, arm: str, place: tuple[str, str]) -> bool:
        """Whether it makes this arm invalid."""
        concerned = self.arms is None or arm in self.arms
        return self.state == "FAILED" and concerned and self.place in (None, place)


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a, b, c and 4 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"
