"""Lines for the user that nobody may be there to read any more."""

from __future__ import annotations

from contextlib import suppress

from tinker.cloud.host import Say


def steady(say: Say) -> Say:
    """Says what can be said. A closed terminal, or a pager that has ended, keeps no pod from being given back."""

    def said(line: str) -> None:
        with suppress(OSError, UnicodeError):
            say(line)

    return said
