"""The run on a machine as home sees it: signs, output, exit code, and stopping. A stand-in takes tinker's place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import tinker

ROOT = Path(tinker.__file__).parents[1]
#: Stands for the command `tinker`.
ENTRY = """
import os, sys, time

def main():
    print("words", *sys.argv, flush=True)
    print("folder", os.getcwd(), flush=True)
    for name in ("TINKER_DATA", "TINKER_GIT", "TINKER_BUSY", "RAY_ADDRESS", "RUNPOD_API_KEY", "PYTHONPATH"):
        print(name, os.environ.get(name), flush=True)
    print("terminal", sys.stdout.isatty(), os.getpid() == os.getpgrp(), flush=True)
    if "wait" in sys.argv:
        print("waiting", flush=True)
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            print("saved", flush=True)
            sys.exit(130)
    if "die" in sys.argv:
        os.kill(os.getpid(), 9)
    sys.exit(3)
"""


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    cli = tmp_path / "code" / "tinker" / "cli"
    cli.mkdir(parents=True)
    for path in (cli.parent / "__init__.py", cli / "__init__.py"):
        path.touch()
    (cli / "entry.py").write_text(ENTRY)

    def start(*words: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "TINKER_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "RAY_ADDRESS": "1.2.3.4:5"}
        environment |= {"RUNPOD_API_KEY": "secret"}
        environment.pop("TINKER_RESULTS", None)
        command = [sys.executable, "-m", "tinker.cloud.pod.job", *words]
        return subprocess.Popen(command, env=environment, cwd="/", stdout=subprocess.PIPE, text=True)

    return start


def until(path: Path, text: str) -> None:
    for _ in range(600):
        if path.exists() and text in path.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never said {text!r}")


def test_it_runs_in_its_folder_with_what_it_needs_and_says_how_it_ended(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    (tmp_path / "run.log").write_text("earlier\n")
    (tmp_path / "exit").write_text("0")
    job = start("run", "g.yaml", "--", "seeds=3")
    said, _ = job.communicate(timeout=60)
    assert said.splitlines() == [
        "words tinker run g.yaml -- seeds=3",
        f"folder {tmp_path / 'work'}",
        f"TINKER_DATA {tmp_path / 'data'}",
        f"TINKER_GIT {tmp_path / 'code' / 'git.json'}",
        f"TINKER_BUSY {tmp_path / 'busy'}",
        "RAY_ADDRESS 1.2.3.4:5",
        "RUNPOD_API_KEY None",
        f"PYTHONPATH {tmp_path / 'code'}{os.pathsep}{ROOT}",
        "terminal False True",
    ]
    assert (tmp_path / "run.log").read_text() == "earlier\n" + said
    assert (tmp_path / "exit").read_text() == "3"
    assert job.returncode == 3
    assert (tmp_path / "unfetched").exists()
    assert (tmp_path / "busy").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_asked_to_end_saves_itself(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "exit").write_text("0")
    job = start("run", "wait")
    until(tmp_path / "run.log", "waiting")
    assert not (tmp_path / "exit").exists()
    job.send_signal(number)
    said, _ = job.communicate(timeout=60)
    assert said.endswith("saved\n")
    assert (tmp_path / "exit").read_text() == "130"


def test_the_run_outlives_the_job_and_can_be_asked_by_its_number(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    job = start("run", "wait")
    until(tmp_path / "run.log", "waiting")
    until(tmp_path / "run.pid", "")
    job.kill()
    job.communicate(timeout=60)
    os.kill(int((tmp_path / "run.pid").read_text().split()[0]), signal.SIGINT)
    until(tmp_path / "run.log", "saved")


def test_a_run_that_is_killed_has_the_exit_code_of_a_shell(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    start("run", "die").communicate(timeout=60)
    assert (tmp_path / "exit").read_text() == "137"
