"""Text of others on a terminal or in a comment: one line, and nothing in it that moves a cursor or turns it around."""

from __future__ import annotations

import unicodedata

#: Control characters, unassigned and private ones, lone surrogates, and formatting such as bidirectional overrides.
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def printable(text: str) -> str:
    """With whitespace folded, and every character that is not to be seen replaced by a question mark."""
    folded = " ".join(text.split())
    return "".join("?" if unicodedata.category(letter) in HIDDEN else letter for letter in folded)
