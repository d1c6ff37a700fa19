"""OpenSSH's client as the way into a machine: one connection that every call shares."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from tinker.cloud.host import Unreachable
from tinker.cloud.reach.target import Target
from tinker.errors import FAILED, UserError

#: Longest path of a Unix socket on macOS is 104 bytes; ssh adds 17 of its own while it makes one.
LONGEST_SOCKET = 80
#: What the other side says when the connection is up; a login script may say other things before.
UP = b"tinker-connection-is-up"


class Ssh:
    """Calls on one machine. A connection that broke is made anew by the next call.

    The first process holds the connection for the others and ends when this one does, however that ends: its input is
    a pipe from here. The others may not connect by themselves.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        folder = tempfile.mkdtemp(prefix="tinker-ssh-")
        if len(folder) > LONGEST_SOCKET:
            shutil.rmtree(folder)
            folder = tempfile.mkdtemp(prefix="tinker-ssh-", dir="/tmp")
        self.folder = Path(folder)
        self._master: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def call(self, argv: Sequence[str], data: bytes | None = None, timeout: float = 60.0) -> bytes:
        """Runs a command there; `data` is its input. Returns its output.

        Raises:
            Unreachable: no connection, or no answer in `timeout` seconds.
            UserError: the command failed; with the last line that it said.
        """
        words = self.words(argv)
        try:
            done = subprocess.run(
                words,
                input=data or b"",
                capture_output=True,
                timeout=timeout,
                start_new_session=True,
                env=environment(),
            )
        except subprocess.TimeoutExpired:
            self.drop()
            raise Unreachable(f"{self.target.name} did not answer within {timeout:g} s") from None
        self._judge(done.returncode, done.stderr)
        return done.stdout

    def lines(self, argv: Sequence[str], data: bytes, say: Callable[[str], None], timeout: float = 3600.0) -> str:
        """Runs a command there and hands on each line of its output as it comes; returns the last one.

        Raises:
            Unreachable, UserError: as `call`.
        """
        with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as source:
            source.write(data)
            source.seek(0)
            child = subprocess.Popen(
                self.words(argv),
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                env=environment(),
            )
            stop = threading.Timer(timeout, child.kill)
            stop.start()
            last = ""
            assert child.stdout is not None
            try:
                for raw in child.stdout:
                    last = raw.decode(errors="replace").rstrip("\n")
                    say(last)
                code = child.wait()
            finally:
                stop.cancel()
                child.kill()
                child.wait()
                child.stdout.close()
            errors.seek(0)
            self._judge(code, errors.read())
        return last

    def tunnel(self, port: int) -> Path:
        """A Unix socket here that leads to a port of the machine's own loopback. It lives as long as the connection:
        ask anew each time.

        Raises:
            Unreachable: no connection.
        """
        self.connect()
        local = self.folder / f"t{port}"
        if local.exists():
            return local
        try:
            done = subprocess.run(
                ["ssh", *self._shared(), "-O", "forward", "-L", f"{local}:127.0.0.1:{port}", self.target.host],
                capture_output=True,
                timeout=30,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                env=environment(),
            )
        except subprocess.TimeoutExpired:
            self.drop()
            raise Unreachable(f"{self.target.name}: ssh opens no tunnel within 30 s") from None
        if done.returncode:
            self.drop()
            raise Unreachable(f"{self.target.name}: {_last(done.stderr) or 'ssh opens no tunnel'}")
        return local

    def words(self, argv: Sequence[str]) -> list[str]:
        """The command here that runs `argv` there; makes the connection if there is none."""
        self.connect()
        return ["ssh", *self._shared(), self.target.host, shlex.join(argv)]

    def _shared(self) -> list[str]:
        # A call that finds no shared connection must fail, and not connect by itself.
        return ["-S", str(self.folder / "c"), *self.target.options(), "-o", "ProxyCommand=false"]

    def connect(self, timeout: float = 30.0) -> None:
        """Makes the connection, if there is none.

        Raises:
            Unreachable: with ssh's last words.
        """
        with self._lock:
            if self._master is not None and self._master.poll() is None:
                return
            self._drop()
            with tempfile.TemporaryFile() as errors:
                self._master = subprocess.Popen(
                    [
                        *("ssh", "-M", "-S", str(self.folder / "c"), "-o", "ControlPersist=no"),
                        *("-o", "StreamLocalBindMask=0177", *self.target.options(), self.target.host),
                        f"echo {UP.decode()}; exec cat >/dev/null",
                    ],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    start_new_session=True,
                    env=environment(),
                    bufsize=0,  # or lines that have come would hide in a buffer
                )
                assert self._master.stdout is not None
                if _wait_for(self._master.stdout, UP, timeout):
                    return
                self._drop()
                errors.seek(0)
                said = _last(errors.read()) or f"no answer within {timeout:g} s"
        raise Unreachable(f"{self.target.name} cannot be reached over SSH: {said}")

    def drop(self) -> None:
        """Ends the connection; the next call makes another."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._master is not None:
            self._master.kill()
            self._master.wait()
            for stream in (self._master.stdin, self._master.stdout):
                if stream is not None:
                    stream.close()
        self._master = None
        for socket in self.folder.glob("*"):
            socket.unlink(missing_ok=True)

    def close(self) -> None:
        """Ends the connection for good."""
        self.drop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _judge(self, code: int, errors: bytes) -> None:
        if code == 0:
            return
        said = _last(errors) or f"exit code {code}"
        if code == 255 or code < 0:  # ssh's own failure, or killed here
            self.drop()
            raise Unreachable(f"{self.target.name} cannot be reached over SSH: {said}")
        raise UserError(f"{self.target.name}: {said}", exit_code=FAILED)


def environment() -> dict[str, str]:
    """Of ssh, which may be told to send what it has: the account's key is not for it."""
    return {name: value for name, value in os.environ.items() if name != "RUNPOD_API_KEY"}


def _wait_for(stream: IO[bytes], word: bytes, timeout: float) -> bool:
    """Reads lines until one is that word. False at the end of the stream or of the time (between two lines)."""
    while select.select([stream], [], [], timeout)[0]:
        line = stream.readline()
        if line.strip() == word:
            return True
        if not line:
            return False
    return False


def _last(errors: bytes) -> str:
    lines = [line.strip() for line in errors.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""
