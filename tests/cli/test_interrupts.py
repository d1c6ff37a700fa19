"""Ctrl-C in the first seconds of `tinker run`: one line, exit code 130, no traceback, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import tinker
from tests.schedule.conftest import write_grid
from tinker.errors import INTERRUPTED

#: The `tinker` command, which says when it begins.
RUN = """
import sys
sys.argv[0] = "tinker"
from tinker.cli.entry import main
sys.stdout.write("begun\\n")
sys.stdout.flush()
main()
"""


def _begun(arguments: list[str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(tinker.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def _ended(process: subprocess.Popen[str]) -> str:
    """What it said on stderr, once it has ended."""
    try:
        return process.communicate(timeout=120)[1]
    finally:
        process.kill()


@pytest.mark.parametrize("seconds", [0.1, 0.8, 2.5])
def test_while_it_loads(tmp_path: Path, seconds: float) -> None:
    grid = write_grid(tmp_path, {"rotary": {"model.position": "rotary"}})
    process = _begun(["run", str(grid), "--results", str(tmp_path / "results")])
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    said = _ended(process)
    assert process.returncode == INTERRUPTED, said
    assert "Traceback" not in said
    assert said.count("interrupted") == 1


def test_while_ray_starts(tmp_path: Path) -> None:
    grid = write_grid(tmp_path, {"rotary": {"model.position": "rotary"}})
    process = _begun(["run", str(grid), "--results", str(tmp_path / "results")])
    children: list[psutil.Process] = []
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        with suppress(psutil.Error):  # any of them may end while it is looked at
            children = psutil.Process(process.pid).children(recursive=True)
            if any("spawn_main" in " ".join(child.cmdline()) for child in children):
                break
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    said = _ended(process)
    assert process.returncode == INTERRUPTED, said
    assert "Traceback" not in said
    assert said.count("interrupted") == 1
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    assert not list((tmp_path / "results" / ".drivers").glob("*.json"))


#: A command that hears one Ctrl-C and does not end.
DEAF = """
import sys, time
from tinker.cli import interrupts
with interrupts.caught():
    try:
        sys.stdout.write("begun\\n")
        sys.stdout.flush()
        time.sleep(60)
    except KeyboardInterrupt:
        sys.stdout.write("once\\n")
        sys.stdout.flush()
        time.sleep(60)
"""


def test_the_second_one_ends_it_whatever_it_does() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF],
        env={**os.environ, "PYTHONPATH": str(Path(tinker.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in ("begun\n", "once\n"):
        assert process.stdout.readline() == line
        process.send_signal(signal.SIGINT)
    said = _ended(process)
    assert process.returncode == INTERRUPTED
    assert said == "tinker: interrupted\n"
