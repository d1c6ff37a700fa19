"""A rank as the process sees it that asked for it: its birth, what it says, how it ended."""

from __future__ import annotations

import atexit
import json
import math
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tinker

#: Lines of a dead rank's stderr that are shown.
LAST_WORDS = 20


class RankDied(Exception):  # noqa: N818 - it is what has happened
    """A rank was killed, or left without a word: the trial may well succeed when it is tried again."""


class Nursery:
    """The other side of `nursery.py`. It ends with this process, or when that is killed."""

    def __init__(self) -> None:
        self.door, theirs = socket.socketpair()
        # -P: the current folder, where a model.py of the user's would hide `model`, is not on its path.
        command = [sys.executable, "-P", "-m", "tinker.train.parallel.nursery"]
        path = [str(Path(tinker.__file__).parents[1]), *(str(Path(entry).absolute()) for entry in sys.path)]
        # CUDA does not survive a fork, and without this torch starts it when a library asks at import if it is there.
        environment = {**os.environ, "PYTORCH_NVML_BASED_CUDA_CHECK": "1"}
        environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path))
        with theirs:
            self.process = subprocess.Popen(command, env=environment, stdin=theirs.fileno(), stdout=2)
        atexit.register(self.close)

    @property
    def works(self) -> bool:
        """Whether it is there."""
        return self.process.poll() is None

    def bear(self, stdin: int, stdout: int, stderr: int) -> int:
        """A new rank's process id; it gets these descriptors."""
        return self._ask(b"+", [stdin, stdout, stderr])

    def exit_code(self, pid: int) -> int:
        """Of a rank; waits for its end. Asked once: until then nobody else gets its id."""
        return self._ask(str(pid).encode(), [])

    def close(self) -> None:
        """Ends it."""
        self.door.close()
        self.process.wait()

    def _ask(self, question: bytes, descriptors: list[int]) -> int:
        try:
            socket.send_fds(self.door, [question], descriptors)
            answer = self.door.recv(64)
        except OSError:
            answer = b""
        if not answer:
            raise RankDied("the process that starts ranks is gone; its last words are on stderr")
        return int(answer)


@dataclass(frozen=True)
class Error:
    """What a rank says at its end: text, whether the user can mend it, and when (a clock that all processes share)."""

    text: str
    mendable: bool
    time: float


class Rank:
    """One rank. A thread puts what it says into `heard`, with itself; None stands for the end.

    Attributes:
        error: what it raised; its time is infinite while there is none.
        silent: how it ended, in words, if badly and without an error.
    """

    def __init__(self, nursery: Nursery, job: dict[str, Any], stderr: Path, heard: Heard) -> None:
        self.rank: int = job["rank"]
        self.nursery, self.stderr = nursery, stderr
        self.error, self.silent = Error("", False, math.inf), ""
        self._ended = False
        stdin, self._stdin = os.pipe()
        stdout_here, stdout = os.pipe()
        self._stdout = os.fdopen(stdout_here, "rb")
        try:
            with stderr.open("wb") as file:
                self.pid = nursery.bear(stdin, stdout, file.fileno())
        finally:
            os.close(stdin)
            os.close(stdout)
        self._thread = threading.Thread(target=self._hear, args=(heard,), daemon=True)
        self._thread.start()
        self.tell(json.dumps(job))

    def tell(self, line: str) -> None:
        """What the rank reads; nothing, where it has died, which its stdout will say."""
        with suppress(BrokenPipeError), os.fdopen(os.dup(self._stdin), "wb") as stdin:
            stdin.write(f"{line}\n".encode())
            stdin.flush()

    def has_ended(self) -> None:
        """Notes how, once it says nothing any more."""
        code, self._ended = self.nursery.exit_code(self.pid), True
        if code and not self.error.text:
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"left with exit code {code}"
            words = self.stderr.read_text(errors="replace").splitlines()[-LAST_WORDS:]
            self.silent = "\n".join([f"rank {self.rank} {how}", *words])

    def end(self) -> None:
        """Kills what is left of it."""
        if not self._ended:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            if self.nursery.works:
                self.nursery.exit_code(self.pid)
        self._thread.join()
        self._stdout.close()
        os.close(self._stdin)

    def _hear(self, heard: Heard) -> None:
        for line in self._stdout:
            heard.put((self, json.loads(line)))
        heard.put((self, None))


Heard = queue.Queue[tuple[Rank, dict[str, Any] | None]]
_NURSERIES: list[Nursery] = []


def bear(jobs: Sequence[dict[str, Any]], stderr: Sequence[Path], heard: Heard) -> list[Rank]:
    """A rank for each job, each with its stderr.

    Raises:
        RankDied: the nursery is broken.
    """
    if not _NURSERIES or not _NURSERIES[-1].works:
        _NURSERIES.append(Nursery())
    born: list[Rank] = []
    try:
        for job, path in zip(jobs, stderr, strict=True):
            born.append(Rank(_NURSERIES[-1], job, path, heard))
    except BaseException:
        for rank in born:
            rank.end()
        raise
    return born
