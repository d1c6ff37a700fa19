"""What a check has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: `missing`: grids cannot run without it. `warning`: they run, and something may go wrong. `optional`: not there, and
#: only what is named in the advice needs it.
State = Literal["ok", "optional", "warning", "missing"]


@dataclass(frozen=True)
class Finding:
    """One line of the report; `advice` says what to do about it, and is empty where nothing is to be done."""

    subject: str
    state: State
    found: str
    advice: str = ""
