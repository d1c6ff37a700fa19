"""`tinker` that looks more often than people would want: `python -m tests.cloud.quick run ...`.

With TEST_DEADLINE its pods are ordered with a deadline in so many seconds, and it does not heed it itself: the caps
would never give one so near, and end a run that has one. With TEST_KILLED_AFTER it is killed after its ledger's first
line of that kind.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from tinker.cloud.books import Patience
from tinker.cloud.caps import Caps
from tinker.cloud.ledger import Ledger
from tinker.cloud.watch import Rhythm

RHYTHM = {"look": 0.2, "beat": 2.0, "fetch": 3.0, "pods": 2.0}
PATIENCE = {"poll": 0.5}


def quicken(of: type, seconds: Mapping[str, float]) -> None:
    """Changes what its fields are by default."""
    names = [field.name for field in fields(of) if field.default is not MISSING]
    defaults = zip(names, of.__init__.__defaults__, strict=True)  # type: ignore[misc]
    of.__init__.__defaults__ = tuple(seconds.get(name, default) for name, default in defaults)  # type: ignore[misc]


def soon(self: Caps, usd_per_hour: float, now: float, *, more: int = 0) -> float:
    """The near deadline of a pod that is ordered now."""
    return now + float(os.environ["TEST_DEADLINE"])


def never(self: Caps, now: float) -> str | None:
    """No cap is reached."""
    return None


WRITE = Ledger.write


def write_and_die(self: Ledger, kind: Any, **facts: Any) -> None:
    """Kills this process once a line of the kind in TEST_KILLED_AFTER is on disk."""
    WRITE(self, kind, **facts)
    if kind == os.environ["TEST_KILLED_AFTER"]:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    from tinker.cli.entry import main

    if "TEST_DEADLINE" in os.environ:
        Caps.deadline = soon  # type: ignore[method-assign]
        Caps.breach = never  # type: ignore[method-assign]
    if "TEST_KILLED_AFTER" in os.environ:
        Ledger.write = write_and_die  # type: ignore[method-assign]
    quicken(Rhythm, RHYTHM)
    quicken(Patience, PATIENCE)
    sys.argv[0] = "tinker"
    main()
