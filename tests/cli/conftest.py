"""Commands in a process of their own, as a user starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tinker

Tinker = Callable[..., "subprocess.CompletedProcess[str]"]

#: The command, and then the modules that it has loaded, as the last line of stderr.
RUN = """
import sys
from tinker.cli.main import main
sys.argv[0] = "tinker"
try:
    main()
finally:
    heavy = ("torch", "ray", "lightning", "hydra", "pandas", "scipy", "pyarrow")
    sys.stderr.write(f"loaded: {' '.join(name for name in heavy if name in sys.modules)}\\n")
"""


@pytest.fixture
def tinker_command(tmp_path: Path) -> Tinker:
    """Arguments -> the finished process; it runs in `tmp_path`."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", RUN, *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(Path(tinker.__file__).parents[1]), "COLUMNS": "200", **environment},
            text=True,
            capture_output=True,
        )

    return run


def loaded(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The heavy packages that the command imported."""
    return set(done.stderr.splitlines()[-1].removeprefix("loaded:").split())


def message(done: subprocess.CompletedProcess[str]) -> str:
    """What stood on stderr, without the list of modules."""
    return done.stderr[: done.stderr.rindex("loaded:")]
