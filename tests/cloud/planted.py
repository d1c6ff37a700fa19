"""Looks for planted secrets in everything that a run leaves: files, and the command lines of all processes."""

from __future__ import annotations

import base64
import json
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tinker.cloud.fake.machines import RealMachine
from tinker.cloud.fake.pods import FakePod

Secrets = dict[str, bytes]


def of_key(text: bytes) -> bytes:
    """What of an OpenSSH private key no other key has: its last line but one."""
    return text.strip().splitlines()[-3]


def of_pods(pods: list[FakePod]) -> Secrets:
    """Their own keys at the service, and those of their SSH servers, as an order has them and as a file has them."""
    found = {}
    for pod in pods:
        ordered = pod.order["env"]["TINKER_HOST_KEY"]
        found[f"key of {pod.name}"] = pod.key.encode()
        found[f"host key of {pod.name}"] = of_key(base64.b64decode(ordered))
        found[f"host key of {pod.name} as ordered"] = ordered.encode()
    return found


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Copies what a pod has, Ray's own files included, at its deletion to `folder/<pod>`."""
    kill = RealMachine.kill

    def copy_and_kill(machine: RealMachine) -> None:
        with suppress(shutil.Error):  # files that come and go meanwhile; sockets
            shutil.copytree(machine.folder, folder / machine.pod_id, symlinks=True)
        with suppress(shutil.Error):
            ray = json.loads((machine.folder / "ray.json").read_text())["temp"]
            shutil.copytree(ray, folder / machine.pod_id / "of-ray", symlinks=True)
        kill(machine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RealMachine, "kill", copy_and_kill)
        yield


class Lines:
    """Command lines of all processes, and the environments of those in pods, looked at again and again."""

    def __init__(self) -> None:
        self.commands: set[bytes] = set()
        self.in_pods: set[bytes] = set()
        self._known: set[tuple[int, float]] = set()
        self._over = threading.Event()

    @contextmanager
    def seen(self) -> Iterator[None]:
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        yield
        self._over.set()
        thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.3):
            for process in psutil.process_iter():
                with suppress(psutil.Error, OSError):
                    self.commands.add("\0".join(process.cmdline()).encode(errors="replace"))
                    # Looked at once: what a fork has before it becomes another program is still the first one's.
                    if (key := (process.pid, process.create_time())) not in self._known:
                        self._known.add(key)
                        around = process.environ()
                        if "RUNPOD_POD_ID" in around:
                            self.in_pods.add("\0".join(around.values()).encode(errors="replace"))


def leaks(folder: Path, secrets: Mapping[str, bytes], allowed: Mapping[str, str]) -> list[str]:
    """`file: secret` of each that is in a file and not allowed there.

    Args:
        allowed: the end of a secret's name by the end of a path, of files that only their owner may read.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        for name, secret in secrets.items():
            if secret not in data:
                continue
            fits = any(str(path).endswith(end) and what in name for end, what in allowed.items())
            if not fits or path.stat().st_mode & 0o077:
                found.append(f"{path}: {name}")
    return found
