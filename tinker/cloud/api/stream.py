"""Server-sent events, as RunPod's logs come in: `data: {"source": ..., "line": ..., "ts": ...}`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable


def lines(stream: Iterable[str], most: int, silence: type[Exception], seconds: float = 15.0) -> list[str]:
    """What the log says: at most so many lines, for at most so many seconds.

    The stream never ends by itself: `silence`, raised by it, is its end.
    """
    found: list[str] = []
    end = time.monotonic() + seconds
    try:
        for line in stream:
            if line.startswith("data:"):
                found.append(_said(line[5:].strip()))
            if len(found) >= most or time.monotonic() > end:
                break
    except silence:
        pass
    return found


def _said(data: str) -> str:
    try:
        return str(json.loads(data)["line"])
    except (ValueError, KeyError, TypeError):
        return data
