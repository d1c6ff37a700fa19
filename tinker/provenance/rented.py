"""What is known of a machine that was rented: it may be another one next time, at another price."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from tinker.errors import FAILED, UserError

#: Names the file that the launcher left on the machine; not set on one's own.
VARIABLE = "TINKER_RENTED"
#: What it holds: names, and what an hour of the machine with all its GPUs costs.
KEYS = ("fleet", "pod", "card", "cloud", "data_center", "image", "usd_per_hour", "gpus")


def rented() -> dict[str, Any] | None:
    """These facts of this machine; None where nobody rents it.

    Raises:
        UserError: the file is not what the launcher wrote.
    """
    named = os.environ.get(VARIABLE)
    return dict(_read(Path(named))) if named else None


@cache
def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
        missing = [key for key in KEYS if key not in found]
        problem = f"no {', '.join(missing)}" if missing else ""
    except (OSError, ValueError, TypeError) as error:
        problem = str(error)
    if problem:
        raise UserError(
            f"{VARIABLE}: {path} does not say what was rented ({problem}); unset it on a machine of your own",
            exit_code=FAILED,
        )
    return {key: found[key] for key in KEYS}
