"""The annotations of a Config class, worked out once: typing compiles their texts anew each time that it is asked."""

from __future__ import annotations

from typing import Any, get_type_hints

_KNOWN: dict[Any, dict[str, Any]] = {}


def hints_of(kind: Any) -> dict[str, Any]:
    """By field, with what `Annotated` adds. Shared by all who ask: not to be changed."""
    if kind not in _KNOWN:
        _KNOWN[kind] = get_type_hints(kind, include_extras=True)
    return _KNOWN[kind]
