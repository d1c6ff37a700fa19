"""What stands behind a pod: bookkeeping only, or processes of this computer."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tinker.cloud.fake.belongings import end_all

#: Of this checkout or installation, for the container's process.
ROOT = Path(__file__).resolve().parents[3]
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Machine(Protocol):
    """Where a pod's SSH server answers, and its life."""

    address: str
    port: int
    user: str

    def start(self, command: Sequence[str], env: Mapping[str, str], smi: str) -> None:
        """Runs the container."""

    def kill(self) -> None:
        """Ends it for good, with all that it has begun."""

    def lines(self) -> list[str]:
        """What it has said."""


class LightMachine:
    """Runs nothing."""

    def __init__(self, address: str) -> None:
        self.address, self.port, self.user = address, 22, "root"

    def start(self, command: Sequence[str], env: Mapping[str, str], smi: str) -> None:
        pass

    def kill(self) -> None:
        pass

    def lines(self) -> list[str]:
        return ["a light pod says nothing else"]


class RealMachine:
    """A folder and processes; `folder` is the pod's own, the log lies beside it."""

    def __init__(self, pod_id: str, folder: Path, address: str) -> None:
        self.pod_id, self.folder, self.address = pod_id, folder / pod_id, address
        self.log = folder / f"{pod_id}.log"
        self.user = getpass.getuser()
        with socket.socket() as probe:
            probe.bind((address, 0))
            self.port = int(probe.getsockname()[1])
        self._container: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str], env: Mapping[str, str], smi: str) -> None:
        programs = self.folder / "bin"
        programs.mkdir(parents=True)
        python = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n'
        for name, text in (("nvidia-smi", smi), ("python3", python)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        own = {
            "PATH": f"{programs}:{Path(sys.executable).parent}:{SYSTEM_PATH}",
            "HOME": str(self.folder),
            "TINKER_HOME": str(self.folder),
            "TINKER_SSH_LISTEN": f"{self.address}:{self.port}",
        }
        told = {
            "pod": self.pod_id,
            "folder": str(self.folder),
            "log": str(self.log),
            "command": list(command),
            "env": {**env, **own},
        }
        # The user's own keys are nothing for what runs below, and a process' environment can be read.
        around = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PYTHONPATH") if name in os.environ}
        self._container = subprocess.Popen(
            (sys.executable, "-m", "tinker.cloud.fake.container"),
            stdin=subprocess.PIPE,
            cwd=ROOT,
            env={**around, "PYTHONPATH": f"{ROOT}:{around.get('PYTHONPATH', '')}".rstrip(":")},
            start_new_session=True,
        )
        assert self._container.stdin is not None
        self._container.stdin.write(json.dumps(told).encode() + b"\n")
        self._container.stdin.flush()

    def kill(self) -> None:
        if self._container is not None:
            assert self._container.stdin is not None
            with suppress(OSError):
                self._container.stdin.close()
            try:
                self._container.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._container.kill()
                self._container.wait()
        end_all(self.pod_id, str(self.folder))

    def lines(self) -> list[str]:
        return self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
