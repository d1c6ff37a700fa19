"""Before money is spent the user is asked."""

from __future__ import annotations

import sys

from tinker.cloud.host import Say
from tinker.errors import UserError


def agreed(question: str, say: Say, *, yes: bool) -> None:
    """Returns if the answer is yes.

    Raises:
        UserError: it is no, or nobody is there to be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UserError(f"{question} Nobody can be asked here; give --yes")
    say(f"{question} [y/N]")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError("nothing was rented")
