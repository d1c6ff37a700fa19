"""The annotations of a Config class, worked out once: typing compiles their texts anew each time that it is asked."""

from __future__ import annotations

from functools import cache
from typing import Any, get_type_hints


@cache
def hints_of(kind: type) -> dict[str, Any]:
    """By field, with what `Annotated` adds. Shared by all who ask: not to be changed."""
    return get_type_hints(kind, include_extras=True)
