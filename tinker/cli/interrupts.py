"""Ctrl-C at any moment, from the first import on: one line, exit code 130, and no traceback."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from tinker.errors import INTERRUPTED

LINE = "tinker: interrupted\n"
#: What brings a terminal's cursor back.
CURSOR = "\x1b[?25h"

_seen = False


@contextmanager
def caught() -> Iterator[None]:
    """The first Ctrl-C raises KeyboardInterrupt, the second ends the process at once.

    A command that handles it itself, as a run does, sets handlers of its own meanwhile. Where the process was started
    to ignore Ctrl-C (in the background of a script), it does.
    """
    known = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or known in (signal.SIG_IGN, _on_signal):
        yield
        return
    hook = sys.unraisablehook
    signal.signal(signal.SIGINT, _on_signal)
    sys.unraisablehook = _on_unraisable
    try:
        yield
    finally:
        # What follows is the interpreter's end, where an exception would only make a mess.
        signal.signal(signal.SIGINT, signal.SIG_DFL if _seen else known)
        sys.unraisablehook = hook


def was(error: BaseException) -> bool:
    """Whether the error is the work of Ctrl-C. Libraries turn it into errors of their own, such as a failed import."""
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, KeyboardInterrupt):
            return True
        chain = chain.__cause__ or chain.__context__
    return _seen and not isinstance(error, SystemExit)


def leave() -> NoReturn:
    """Says so, and exits."""
    sys.stderr.write(LINE)
    sys.exit(INTERRUPTED)


def _on_signal(number: int, frame: FrameType | None) -> None:
    global _seen
    if _seen:
        _end()
    _seen = True
    raise KeyboardInterrupt


def _on_unraisable(what: sys.UnraisableHookArgs) -> None:
    """Ctrl-C in a place from which no exception can come."""
    if what.exc_type is KeyboardInterrupt:
        _end()
    sys.__unraisablehook__(what)


def _end() -> NoReturn:
    cursor = CURSOR if os.isatty(2) else ""
    os.write(2, f"{cursor}{LINE}".encode())
    os._exit(INTERRUPTED)
