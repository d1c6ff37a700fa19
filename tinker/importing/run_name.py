"""Arm and seed out of the name of a run, where nothing else tells them."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from tinker.errors import UserError
from tinker.importing.sheet import Sheet

DEFAULT = "{arm}-{seed}"
_PARTS = {"{arm}": "(?P<arm>.+)", "{seed}": r"(?P<seed>[+-]?\d{1,18})", "*": ".*"}


def pattern_of(text: str) -> str:
    """`{arm}-s{seed}` as a regular expression; `*` stands for anything.

    Raises:
        UserError: not one `{arm}`, or more than one `{seed}`.
    """
    if text.count("{arm}") != 1 or text.count("{seed}") > 1:
        raise UserError(
            f"--run-name {text!r}: expected {{arm}} once and {{seed}} at most once, such as {{arm}}-s{{seed}}"
        )
    pieces = re.split(r"(\{arm\}|\{seed\}|\*)", text)
    return f"^{''.join(_PARTS.get(piece) or re.escape(piece) for piece in pieces)}$"


def parts_of(sheet: Sheet, names: pa.Array, text: str) -> tuple[pa.Array, pa.Array | None]:
    """The arm and the seed (as text; None if the pattern has none) of each row's run.

    Raises:
        UserError: a name that the pattern does not fit.
    """
    found = pc.extract_regex(names, pattern_of(text))
    if found.null_count:
        row = pc.index(pc.is_null(found), pa.scalar(True)).as_py()
        raise UserError(
            f"{sheet.place(row)}: the run's name {names[row].as_py()!r} does not fit {text!r}; "
            "say with --run-name how arm and seed stand in it, such as --run-name '{arm}_seed{seed}_*'"
        )
    return found.field("arm"), found.field("seed") if "{seed}" in text else None
