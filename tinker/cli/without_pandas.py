"""Keeps pandas out of a command that does without it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class _Absent(MetaPathFinder):
    """Says that there is no pandas."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Raises for pandas; of all else it knows nothing."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def without_pandas() -> None:
    """Lets pyarrow look for pandas now and find none; where pandas is loaded already nothing changes.

    With its first array pyarrow loads pandas wherever it is installed, only to know its types: as long as all of a
    report's statistics take. It does not look again, so this is for a process of our own, not for a library.
    """
    import pyarrow

    if "pandas" in sys.modules:
        return
    absent = _Absent()
    sys.meta_path.insert(0, absent)
    try:
        pyarrow.array([])
    finally:
        sys.meta_path.remove(absent)
