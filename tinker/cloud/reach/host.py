"""A machine at the other end of an SSH connection, with tinker's agent on it."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tinker.cloud.host import Command, Facts, GpuFound, Node, Say, Signs, Unreachable
from tinker.cloud.reach.jobs import Jobs
from tinker.cloud.reach.ssh import Ssh
from tinker.errors import FAILED

if TYPE_CHECKING:
    from tinker.cloud.reach.home import Home

#: Where all lies in a pod, for its shell: its keeper tells every session.
POD = "$TINKER_HOME"
#: The code is put beside the old one and takes its place, so that no file of the old one stays.
UNPACK = """
set -e
umask 077
mkdir -p "$TINKER_HOME"
cd "$TINKER_HOME"
rm -rf incoming
mkdir incoming
tar -xzf - -C incoming
rm -rf code
for from in incoming/*; do
    to=$(basename "$from")
    if [ "$to" = results ]; then to=${TINKER_RESULTS:-results}; fi
    mkdir -p "$to"
    cp -pR "$from/." "$to/"
done
rm -rf incoming
"""
#: The agent runs by the image's own Python: it comes before the environment.
AGENT = 'cd "$TINKER_HOME/code" && exec python3 -m tinker.cloud.pod.agent "$@"'
#: Seconds for what moves data, for Ray's start, and for a word.
LONG, START, SHORT = 1800.0, 180.0, 60.0


class SshHost:
    """`tinker.cloud.host.Host` over SSH.

    Args:
        home: what takes in results; None for a machine whose results stay where they are, as a worker's do.
        folder: where all lies there, for its shell.
    """

    def __init__(self, ssh: Ssh, home: Home | None = None, folder: str = POD) -> None:
        self.ssh, self.home, self.folder = ssh, home, folder
        self._jobs: Jobs | None = None
        self._submitted: str | None = None

    def facts(self) -> Facts:
        # Sent there, since it is asked before any code is.
        source = files("tinker.cloud.pod").joinpath("facts.py").read_bytes()
        found = last_json(self.ssh.call(self._shell("exec python3 -"), source, timeout=2 * SHORT))
        found["cards"] = tuple(GpuFound(**card) for card in found["cards"])
        return Facts(**found)

    def unpack(self, bundle: bytes) -> None:
        self.ssh.call(self._shell(UNPACK), bundle, timeout=LONG)

    def fingerprint(self) -> str:
        return str(self._ask("fingerprint"))

    def mark(self, rented: dict[str, object]) -> None:
        self._call("mark", data=json.dumps(rented).encode())

    def install(self, lock: str, say: Say) -> None:
        self.ssh.lines(self._shell(AGENT, "install"), lock.encode(), say, timeout=LONG)

    def can_reach(self, address: str, port: int) -> bool:
        return bool(self._ask("reach", address, str(port)))

    def listen(self, address: str, port: int) -> None:
        self._call("listen", address, str(port))

    def start_ray(self, node: Node, token: str) -> str:
        self._close_jobs()
        asked = json.dumps({**asdict(node), "token": token}).encode()
        return str(last_json(self._call("ray", data=asked, timeout=START))["head"])

    def submit(self, command: Command) -> None:
        self._close_jobs()
        jobs, python = self._open_jobs()
        if jobs.status(command.id) is None:
            self._call("begin")
        jobs.submit([python, "-m", "tinker.cloud.pod.job", *command.words], command.id)
        self._submitted = command.id

    def beat(self) -> Signs:
        signs = Signs(**last_json(self._call("beat")))
        if signs.job == "none" and self._submitted is not None:
            status = self._open_jobs()[0].status(self._submitted)
            if status in ("FAILED", "STOPPED"):  # it did not even come to write its exit code
                return Signs("ended", FAILED, signs.log_bytes, signs.busy_seconds, signs.refused)
        return signs

    def log(self, start: int) -> bytes:
        return self._call("log", str(start), timeout=2 * SHORT)

    def fetch(self, say: Say) -> int:
        if self.home is None:
            return 0
        return self.home.fetch(lambda known: self._stored("ship", known), say)

    def push_stops(self) -> None:
        stops = self.home.stops() if self.home is not None else None
        if stops:
            self._stored("stops", stops)

    def all_home(self) -> None:
        self._call("all-home")

    def stop(self) -> None:
        self._call("stop")

    def close(self) -> None:
        self._close_jobs()
        self.ssh.close()
        if self.home is not None:
            self.home.close()

    def _stored(self, word: str, data: bytes) -> bytes:
        """A word about the results there, which need the environment: the store's code does."""
        return self.ssh.call(self._shell(AGENT.replace("python3", '"$TINKER_HOME/venv/bin/python"'), word), data, LONG)

    def _ask(self, word: str, *rest: str) -> Any:
        return last_json(self._call(word, *rest))

    def _call(self, word: str, *rest: str, data: bytes | None = None, timeout: float = SHORT) -> bytes:
        return self.ssh.call(self._shell(AGENT, word, *rest), data, timeout)

    def _shell(self, script: str, *words: str) -> list[str]:
        return ["sh", "-c", f'export TINKER_HOME="{self.folder}"\n{script}', "tinker", *words]

    def _open_jobs(self) -> tuple[Jobs, str]:
        """Ray's Jobs API through the connection, which may be another one than the last time."""
        way: dict[str, Any] = self._ask("cluster")
        self._close_jobs()
        self._jobs = Jobs(self.ssh.tunnel(way["jobs"]), way["token"])
        return self._jobs, way["python"]

    def _close_jobs(self) -> None:
        if self._jobs is not None:
            self._jobs.close()
        self._jobs = None


def last_json(said: bytes) -> Any:
    """The answer; a login script of the machine may have said something before it."""
    lines = said.decode(errors="replace").strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        raise Unreachable(f"the machine gave no answer of ours: {lines[-1:]!r}") from None


class OwnHost(SshHost):
    """A machine of the user's own. Nobody deletes it; what was started there ends by the same rules as a pod does.

    Args:
        fleet: its folder there is named so: other things of the user's are not touched.
        deadline: seconds since 1970.
        idle: seconds.
    """

    def __init__(self, ssh: Ssh, home: Home | None, fleet: str, deadline: float, idle: float) -> None:
        super().__init__(ssh, home, f"$HOME/.tinker/{fleet}")
        self.deadline, self.idle = deadline, idle

    def start_ray(self, node: Node, token: str) -> str:
        self._call("watch", str(self.deadline), str(self.idle))
        return super().start_ray(node, token)
