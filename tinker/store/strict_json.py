"""JSON that every reader takes: a float that JSON cannot hold is the text "NaN", "Infinity" or "-Infinity".

The same convention as in protobuf's JSON mapping; DuckDB, pandas and JavaScript turn these texts into numbers.
"""

from __future__ import annotations

import json
import math
from typing import Any

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def encode(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys, one key a line: equal values give equal bytes.

    Raises:
        TypeError: for what JSON cannot hold.
    """
    text = json.dumps(_without_non_finite(value), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def decode(data: bytes | str) -> Any:
    """The inverse of `encode`: the three texts become floats again.

    Raises:
        ValueError: for what is not JSON in UTF-8.
    """
    text = data if isinstance(data, str) else data.decode()
    value = json.loads(text)
    # Few texts have one, and to look at every value takes longer than the parsing.
    return _with_non_finite(value) if any(f'"{name}"' in text for name in _NON_FINITE) else value


def _without_non_finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_non_finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_non_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _with_non_finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_non_finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_non_finite(inner) for inner in value]
    return _NON_FINITE.get(value, value) if isinstance(value, str) else value
