"""Python's garbage collector, where it only costs.

Imports make a million objects that stay to the end. The collector walks through all of them many times while they are
made, and again when the interpreter ends, which is a fifth of the time of a short command.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: Allocations between two looks at the youngest objects, and looks at these between two at older ones.
SELDOM = (100_000, 20, 20)


def seldom() -> None:
    """For a command: garbage is looked for seldom, and not at all on the way out."""
    gc.set_threshold(*SELDOM)
    atexit.register(gc.freeze)


@contextmanager
def uncollected() -> Iterator[None]:
    """For imports of a process that lives long: what is made meanwhile is never looked at again."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
