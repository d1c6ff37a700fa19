"""What a field's annotation says beside its type: `steps: Annotated[int, Limits(at_least=1)]`."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The range of a number; the strict parser and the JSON Schema both read it."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def allow(self, value: float) -> bool:
        """Whether the number is inside."""
        return not (
            (self.at_least is not None and value < self.at_least)
            or (self.above is not None and value <= self.above)
            or (self.at_most is not None and value > self.at_most)
            or (self.below is not None and value >= self.below)
        )

    def __str__(self) -> str:
        named = {"at least": self.at_least, "above": self.above, "at most": self.at_most, "below": self.below}
        return " and ".join(f"{word} {limit}" for word, limit in named.items() if limit is not None)


@dataclass(frozen=True)
class Pattern:
    """What a text must look like: a regular expression, and the same in words."""

    regex: str
    words: str

    def allow(self, value: str) -> bool:
        """Whether the whole text matches."""
        return re.fullmatch(self.regex, value) is not None

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Words:
    """How to describe a type whose own description would be longer than clear."""

    text: str
