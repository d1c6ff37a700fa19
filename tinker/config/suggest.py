"""How an error names what was meant and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any


def unknown(what: str, given: str, allowed: Iterable[str]) -> str:
    """`unknown key 'n_layr'; did you mean 'n_layer'? Allowed: n_embd, n_head, n_layer`."""
    names = sorted(allowed)
    close = get_close_matches(given, names, n=1, cutoff=0.6)
    meant = f"; did you mean {close[0]!r}?" if close else ";"
    return f"unknown {what} {given!r}{meant} {allowed_are(names)}"


def allowed_are(names: Iterable[str]) -> str:
    """`Allowed: a, b`."""
    return f"Allowed: {', '.join(sorted(names)) or 'none'}"


def given(value: Any) -> str:
    """A value as the user wrote it, roughly: YAML's words for null and booleans, long values shortened."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
