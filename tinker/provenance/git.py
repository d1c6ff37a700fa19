"""The commit that the package runs from, and what differs from it: enough to make the code of a row again."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from tinker.errors import FAILED, UserError
from tinker.provenance.hardware import output

DIFF_LIMIT = 200_000  # characters
#: Names a file with what this function said on the machine that sent the code here, where it lies without its history.
SENT = "TINKER_GIT"
#: The same, where the code was sent to a machine of which nobody knows in which folder it will lie.
BESIDE = "tinker-git.json"
#: What can change a trial. Results, reports and data are left out: they are large, and say nothing of the code.
CODE = ("*.py", "*.yaml", "*.yml", "*.toml", "requirements.txt")


@cache
def git_state(package: Path = Path(__file__).parents[1]) -> dict[str, Any] | None:
    """`commit`, `diff` (against it; cut at `DIFF_LIMIT`), `diff_cut` and `untracked` (names of Python files).

    Asked once a process, as the code is loaded once. None where the package is not under version control: installed,
    even into a virtual environment inside some repository, or in a repository without a commit.

    Raises:
        UserError: TINKER_GIT names a file that is not what the sender wrote.
    """
    if os.environ.get(SENT):
        return _sent(Path(os.environ[SENT]))
    tracked = _git(package, "ls-files", "--error-unmatch", "__init__.py")
    commit = _git(package, "rev-parse", "HEAD")
    top = _git(package, "rev-parse", "--show-toplevel")
    if tracked is None or commit is None or top is None:
        beside = package.parent / BESIDE
        return _sent(beside) if beside.exists() else None
    root = Path(top)
    diff = _git(root, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv", "--", *CODE)
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "--", "*.py")
    return {
        "commit": commit,
        "diff": None if diff is None else diff[:DIFF_LIMIT],
        "diff_cut": diff is not None and len(diff) > DIFF_LIMIT,
        "untracked": [] if untracked is None else untracked.splitlines(),
    }


def _sent(path: Path) -> dict[str, Any] | None:
    try:
        state = json.loads(path.read_bytes())
        if state is None or {"commit", "diff", "diff_cut", "untracked"} <= state.keys():
            return dict(state) if state is not None else None
        problem = "keys are missing"
    except (OSError, ValueError, AttributeError) as error:
        problem = str(error)
    raise UserError(
        f"{SENT}: {path} does not say which commit the code here is of ({problem}); send the code again, or unset it",
        exit_code=FAILED,
    )


def _git(folder: Path, *arguments: str) -> str | None:
    # Without optional locks: reading must not get in the way of a commit that the user makes meanwhile.
    return output("git", "--no-optional-locks", *arguments, folder=folder)
