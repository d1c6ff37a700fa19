"""A store, trials made of nothing, and a way to run a script in a process that may be killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tinker
from tinker.spec import TrialSpec
from tinker.store.store import Store

CLASS = "cpu-x-torch2.13-t1-abcdef"
Run = Callable[..., "subprocess.Popen[str]"]

#: What scripts and tests share: `spec(n)`, and `commit(store, n, mark)` of a trial whose every file bears the mark.
PRELUDE = f"""
import os, sys
from pathlib import Path
from tinker.spec import Seeds, TrialSpec
from tinker.store.store import Store
CLASS = {CLASS!r}

def spec(n):
    return TrialSpec.of({{"model": {{"n_layer": n}}}}, Seeds(n, n), "corpus")

def commit(store, n, mark):
    curve = [{{"step": step, "metric": "val_loss", "value": mark + step}} for step in range(20)]
    result = {{"status": "done", "steps": 20, "metrics": {{"val_loss": mark}}}}
    return store.commit(spec(n), CLASS, result, curve, {{"mark": mark}}, {{"fingerprint": str(mark), "modules": {{}}}})
"""
_shared: dict[str, object] = {}
exec(PRELUDE, _shared)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


@pytest.fixture
def spec() -> Callable[[int], TrialSpec]:
    return _shared["spec"]  # type: ignore[return-value]


@pytest.fixture
def commit() -> Callable[[Store, int, float], bool]:
    return _shared["commit"]  # type: ignore[return-value]


@pytest.fixture
def run() -> Run:
    """Starts a Python script after `PRELUDE`, with arguments; `inside` is shell text run in a mount namespace."""

    def start(script: str, *arguments: object, inside: str | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PRELUDE + script, *map(str, arguments)]
        if inside is not None:
            if (
                not shutil.which("unshare")
                or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode
            ):
                pytest.skip("no mount namespaces here")
            command = ["unshare", "-rm", "sh", "-c", f'{inside} && exec "$@"', "sh", *command]
        environment = {**os.environ, "PYTHONPATH": str(Path(tinker.__file__).parents[1])}
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    return start
