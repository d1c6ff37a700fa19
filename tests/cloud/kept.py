"""A real keeper with a real SSH server on loopback, and a stand-in for the API it deletes itself by."""

from __future__ import annotations

import base64
import contextlib
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from tinker.cloud.pod.door import SSHD
from tinker.cloud.pod.order import command
from tinker.cloud.reach.keys import ClientKey, HostKey, client_key, host_key, pin
from tinker.cloud.reach.target import Target

POD_KEY = "rpa_podscopedkey"
MISSING = None if Path(SSHD).exists() else f"no SSH server at {SSHD}"


def until(met: Callable[[], object], seconds: float = 20.0) -> None:
    """Waits for what other processes do."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


class Api:
    """Answers every call with the status noted for its method, and keeps what was asked."""

    def __init__(self) -> None:
        self.answers = {"GET": 200, "DELETE": 204, "POST": 200}
        self.asked: list[tuple[str, str, str]] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                assert self.headers["Authorization"] == f"Bearer {POD_KEY}"
                api.asked.append((self.command, self.path, body.decode()))
                self.send_response(api.answers[self.command])
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_DELETE = do_POST = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def count(self, method: str) -> int:
        return sum(asked[0] == method for asked in self.asked)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Kept:
    """A folder in which a keeper runs, as in a pod. `home` is the pod's folder."""

    def __init__(self, folder: Path, api: Api, name: str = "pod-1") -> None:
        self.folder, self.api, self.name = folder, api, name
        self.home = folder / name
        self.known_hosts = folder / "known_hosts"
        self.key: ClientKey = client_key(folder)
        self.host_key: HostKey = host_key()
        pin(self.known_hosts, name, self.host_key.public)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self, lives: float = 3600, idle: float = 3600) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "TINKER_HOME": str(self.home),
            "TINKER_OWNER": "somebody",
            "TINKER_FLEET": 'a "quoted" fleet',
            "TINKER_POD": f"{self.name}-{self.port}",
            "TINKER_DEADLINE": str(time.time() + lives),
            "TINKER_IDLE": str(idle),
            "TINKER_HOST_KEY": self.host_key.secret,
            "TINKER_SSH_LISTEN": f"127.0.0.1:{self.port}",
            "PUBLIC_KEY": self.key.public,
            "RUNPOD_POD_ID": "abc123",
            "RUNPOD_API_KEY": POD_KEY,
            "RUNPOD_API_BASE_URL": self.api.url,
        }

    def start(self, lives: float = 3600, idle: float = 3600) -> Kept:
        self.home.mkdir(exist_ok=True)
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command(),
                env=self.environment(lives, idle),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def log(self) -> str:
        return (self.folder / f"{self.name}.log").read_text()

    def said(self, words: str) -> bool:
        return words in self.log()

    def target(self) -> Target:
        return Target(self.name, "127.0.0.1", self.port, getpass.getuser(), self.key.path, self.known_hosts)

    def answering(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0

    def _forget_ray(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(json.loads((self.home / "ray.json").read_text())["temp"], ignore_errors=True)

    def end(self) -> None:
        """Kills whatever belongs to the pod: sessions lead groups of their own, and carry its name."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            os.killpg(self.process.pid, signal.SIGKILL) if _group_lives(self.process.pid) else None
        for process in psutil.process_iter():
            try:
                if process.environ().get("TINKER_POD") == f"{self.name}-{self.port}":
                    process.kill()
            except psutil.Error:
                continue
        self._forget_ray()


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def decoded(secret: str) -> str:
    return base64.b64decode(secret).decode()
