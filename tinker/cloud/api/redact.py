"""Secrets are taken out of whatever may be shown. Whoever learns one says so here, and no message has it."""

from __future__ import annotations

MARK = "[secret]"
#: Shorter ones would tear words apart.
SHORTEST = 6

_known: set[str] = set()


def remember(secret: str) -> None:
    """From now on it is no part of any text that `redacted` has seen."""
    if len(secret) >= SHORTEST:
        _known.add(secret)


def redacted(text: str) -> str:
    """The text without any of them, the longest first: one may hold another."""
    for secret in sorted(_known.copy(), key=len, reverse=True):
        text = text.replace(secret, MARK)
    return text
