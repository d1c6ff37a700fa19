"""Somebody's computer with an account at the fake RunPod: `tinker` as a process of its own, in a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tinker.cloud.fake.pods import FakePod
from tinker.cloud.fake.runpod import FakeRunPod
from tinker.cloud.ledger import Ledger
from tinker.cloud.owned import OWNER
from tinker.cloud.pod.door import SSHD
from tinker.cloud.state import FleetFolder, State

ROOT = Path(__file__).resolve().parents[2]
TINKER = ("-P", "-c", "import sys; sys.argv[0] = 'tinker'; from tinker.cli.entry import main; main()")
#: The same command with shorter waits between two looks; see there.
QUICK = ("-P", "-m", "tests.cloud.quick")
#: Of every test with real pods.
MARKS = [
    pytest.mark.xdist_group("rented"),
    pytest.mark.skipif(sys.platform != "linux", reason="a pod is a Linux machine"),
    pytest.mark.skipif(not Path(SSHD).exists(), reason=f"no SSH server at {SSHD}, which every pod of the fake runs"),
]
#: Seconds after which something that was waited for will not come.
LIMIT = 150.0


def until(met: Callable[[], object], what: Callable[[], str] = str) -> None:
    """Waits for a condition; `what` tells of a failure what there was instead."""
    end = time.monotonic() + LIMIT
    while not met():
        assert time.monotonic() < end, f"it did not happen: {what()}"
        time.sleep(0.1)


@dataclass
class Home:
    """A computer: its working folder, its results, its state folder.

    Attributes:
        secrets: what its environment has besides, by name.
    """

    fake: FakeRunPod
    folder: Path
    secrets: Mapping[str, str] = field(default_factory=dict)
    said: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)

    @property
    def results(self) -> Path:
        return self.folder / "results"

    @property
    def state(self) -> State:
        return State(self.folder / "state")

    @property
    def fleet(self) -> FleetFolder:
        """The last one that was made."""
        return max(self.state.fleets(), key=lambda each: each.ledger.stat().st_mtime_ns)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.fleet.ledger)

    @property
    def mine(self) -> list[FakePod]:
        """Pods of this home that are not deleted."""
        owner = self.state.owner()
        return [pod for pod in self.fake.living if pod.order["env"].get(OWNER) == owner]

    def environment(self) -> dict[str, str]:
        kept = ("PATH", "LANG", "LD_LIBRARY_PATH", "OMP_NUM_THREADS")
        return {name: os.environ[name] for name in kept if name in os.environ} | {
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "TINKER_STATE": str(self.folder / "state"),
            "RUNPOD_API_BASE_URL": self.fake.url,
            "RUNPOD_API_KEY": self.fake.key,
            **self.secrets,
        }

    def tinker(self, *words: str, python: tuple[str, ...] = QUICK, **env: str) -> Said:
        """Begins a command."""
        self.said += 1
        file = self.folder / f"said-{self.said}.txt"
        with file.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, *python, *words],
                cwd=self.folder,
                env=self.environment() | env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Said(process, file)

    def results_there(self) -> dict[str, tuple[bytes, int]]:
        """Every result that is at home, by its path, with its time."""
        found = self.results.glob("trials/*/*/result.json")
        return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


@dataclass
class Said:
    """A command that was begun, and what it has said so far."""

    process: subprocess.Popen[bytes]
    file: Path

    @property
    def text(self) -> str:
        return self.file.read_text(errors="replace")

    def until(self, words: str) -> None:
        """Waits until it has said that."""
        until(lambda: words in self.text or self.process.poll() is not None, lambda: self.text)
        assert words in self.text, self.text

    def end(self) -> int:
        """Its exit code."""
        until(lambda: self.process.poll() is not None, lambda: self.text)
        return self.process.returncode

    def send(self, signal: int) -> None:
        self.process.send_signal(signal)


@contextmanager
def nothing_left(fake: FakeRunPod) -> Iterator[None]:
    """Afterwards no pod of ours is left, no process of one or of a home beside it, and no foreign pod was touched."""
    foreign = [(pod.id, pod.status) for pod in fake.foreign]
    try:
        yield
    except BaseException:  # a test that failed leaves no launcher behind that looks for its pods for ever
        for process in _left(fake):
            with suppress(psutil.Error):
                process.kill()
        raise
    assert fake.living == []
    assert [(pod.id, pod.status) for pod in fake.foreign] == foreign
    assert not [call for call in fake.calls if call.method != "GET" and (call.pod_id or "").startswith("foreign")]
    until(lambda: _left(fake) == [], lambda: str(_left(fake)))


def _left(fake: FakeRunPod) -> list[psutil.Process]:
    """Processes in a pod, those that name the folder of all this, and those whose state lies there."""
    pods, folder = {pod.id for pod in fake.pods}, str(fake.account.folder.parent)
    left = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            environment = process.environ()
            ours = environment.get("RUNPOD_POD_ID") in pods or environment.get("TINKER_STATE", "").startswith(folder)
            if ours or any(folder in word for word in process.cmdline()):
                left.append(process)
    return left
