"""The commit that the package runs from, and what differs from it: enough to make the code of a row again."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from tinker.provenance.hardware import output

DIFF_LIMIT = 200_000  # characters
#: What can change a trial. Results, reports and data are left out: they are large, and say nothing of the code.
CODE = ("*.py", "*.yaml", "*.yml", "*.toml", "requirements.txt")


@cache
def git_state(package: Path = Path(__file__).parents[1]) -> dict[str, Any] | None:
    """`commit`, `diff` (against it; cut at `DIFF_LIMIT`), `diff_cut` and `untracked` (names of Python files).

    Asked once a process, as the code is loaded once. None where the package is not under version control: installed,
    even into a virtual environment inside some repository, or in a repository without a commit.
    """
    tracked = _git(package, "ls-files", "--error-unmatch", "__init__.py")
    commit = _git(package, "rev-parse", "HEAD")
    top = _git(package, "rev-parse", "--show-toplevel")
    if tracked is None or commit is None or top is None:
        return None
    root = Path(top)
    diff = _git(root, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv", "--", *CODE)
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "--", "*.py")
    return {
        "commit": commit,
        "diff": None if diff is None else diff[:DIFF_LIMIT],
        "diff_cut": diff is not None and len(diff) > DIFF_LIMIT,
        "untracked": [] if untracked is None else untracked.splitlines(),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    # Without optional locks: reading must not get in the way of a commit that the user makes meanwhile.
    return output("git", "--no-optional-locks", *arguments, folder=folder)
