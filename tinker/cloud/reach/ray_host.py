"""A Ray cluster of the user's own that is up, reached by the HTTP API of its dashboard alone.

Its nodes need no tinker: code goes there with the run. The environment is the cluster's, and has to be that of home.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import httpx2

from tinker.cloud.host import Command, Facts, GpuFound, Node, Say, Signs
from tinker.cloud.pod import tree
from tinker.cloud.pod.install import LISTING, differing, read_lock
from tinker.cloud.reach.bundle import packages
from tinker.cloud.reach.host import AGENT, LONG, SHORT, UNPACK, last_json
from tinker.cloud.reach.jobs import OVER, Jobs
from tinker.cloud.reach.lock import lock
from tinker.cloud.reach.ray_way import RayWay, first_line, zipped
from tinker.errors import FAILED, UserError
from tinker.provenance.git import BESIDE, git_state
from tinker.store.strict_json import encode

if TYPE_CHECKING:
    from tinker.cloud.reach.home import Home

#: The run begins to speak behind this; before it Ray does.
BEGINS = "tinker-run-begins"
BEGIN = 'cd "$TINKER_HOME/code" && python3 -m tinker.cloud.pod.agent begin && printf %s "$TINKER_HOME"'
RUN = f'cd "$TINKER_HOME/code" && echo {BEGINS} && exec python3 -m tinker.cloud.pod.job "$@"'


class RayHost:
    """`tinker.cloud.host.Host`: the head of the cluster.

    Args:
        name: of the cluster, for messages.
        fleet: its folder on the head, below `~/.tinker`, is named so.
        run: id of a run that an earlier process has begun.
    """

    def __init__(self, jobs: Jobs, name: str, home: Home, fleet: str, run: str | None = None) -> None:
        self.jobs, self.name, self.home, self.fleet, self._run = jobs, name, home, fleet, run
        self.way = RayWay(jobs, name, fleet)
        self._checked = self._known = False

    def facts(self) -> Facts:
        if not self._checked:
            self._check_ray()
        source = files("tinker.cloud.pod").joinpath("facts.py").read_bytes()
        found = last_json(self._shell("exec python3 -", data=source, timeout=2 * SHORT))
        found["cards"] = tuple(GpuFound(**card) for card in found["cards"])
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        if found["python"].split(".")[:2] != here.split("."):
            raise UserError(
                f"{self.name} has Python {found['python']}, and here is {here}: Ray needs the same on both sides; run "
                "tinker with that Python, or use a cluster of this one",
                exit_code=FAILED,
            )
        if not self._checked:
            self._check_packages()
        self._checked = True
        return Facts(**found)

    def unpack(self, bundle: bytes) -> None:
        self._shell(UNPACK, data=bundle, timeout=LONG)

    def fingerprint(self) -> str:
        return str(last_json(self._shell(AGENT, "fingerprint")))

    def mark(self, rented: dict[str, object]) -> None:
        self._shell(AGENT, "mark", data=json.dumps(rented).encode())

    def install(self, lock: str, say: Say) -> None:
        # Nothing is installed into a cluster of the user's: `facts` has found all there, or has refused it.
        say(f"all {len(read_lock(lock))} packages are there")

    def can_reach(self, address: str, port: int) -> bool:
        return bool(last_json(self._shell(AGENT, "reach", address, str(port))))

    def listen(self, address: str, port: int) -> None:
        self._shell(AGENT, "listen", address, str(port))

    def start_ray(self, node: Node, token: str) -> str:
        return self.name  # it is up, and nobody here starts or ends it

    def submit(self, command: Command) -> None:
        if self.jobs.status(command.id) is None:
            # Its workers, on whatever node, take code from here, and text from there if it is theirs to see.
            there = self._shell(BEGIN).decode()
            code = zipped(
                [*((name, path.read_bytes()) for name, path in tree.files(packages())), (BESIDE, encode(git_state()))]
            )
            uri = self.jobs.put(f"_ray_pkg_{hashlib.sha256(code).hexdigest()[:32]}.zip", code)
            environment = {"py_modules": [uri], "env_vars": {"TINKER_DATA": f"{there}/data"}}
            self.jobs.submit(self._argv(RUN, *command.words), command.id, environment)
        self._run, self._known = command.id, True

    def beat(self) -> Signs:
        told = self.jobs.about(self._run) if self._run is not None else None
        if self._run is None or (told is None and not self._known):  # who was to begin it may have died before
            return Signs("none")
        self._known = True
        if told is None:
            raise UserError(f"{self.name} does not know the run {self._run} any more", exit_code=FAILED)
        said = self._said(told)
        if told["status"] not in OVER:
            return Signs("running", log_bytes=len(said))
        code = told.get("driver_exit_code")
        if said == b"" and code is None:
            raise UserError(f"{self.name}: the run did not start: {first_line(told.get('message'))}", exit_code=FAILED)
        return Signs("ended", code, len(said))

    def log(self, start: int) -> bytes:
        told = self.jobs.about(self._run) if self._run is not None else None
        return b"" if told is None else self._said(told)[start:]

    def fetch(self, say: Say) -> int:
        return self.home.fetch(lambda known: self._shell(AGENT, "ship", data=known, timeout=LONG), say)

    def push_stops(self) -> None:
        stops = self.home.stops()
        if stops:
            self._shell(AGENT, "stops", data=stops)

    def all_home(self) -> None:
        self._shell(AGENT, "all-home")

    def stop(self) -> None:
        self._shell(AGENT, "stop")

    def close(self) -> None:
        self.way.close()
        self.home.close()

    def _said(self, told: dict[str, Any]) -> bytes:
        """The run's own words. Ray names the job's command among them, at a moment of its own."""
        assert self._run is not None
        said = self.jobs.output(self._run).partition(f"{BEGINS}\n")[2]
        return said.replace(f"Running entrypoint for job {self._run}: {told['entrypoint']}\n", "", 1).encode()

    def _shell(self, script: str, *words: str, data: bytes | None = None, timeout: float = SHORT) -> bytes:
        return self.way.call(self._argv(script, *words), data, timeout)

    def _argv(self, script: str, *words: str) -> list[str]:
        begin = f'export TINKER_HOME="$HOME/.tinker/{self.fleet}" PYTHONDONTWRITEBYTECODE=1'
        return ["sh", "-c", f"{begin}\n{script}", "tinker", *words]

    def _check_packages(self) -> None:
        """
        Raises:
            UserError: something that home computes with is not there, or in another version.
        """
        missing = differing(read_lock(lock()), last_json(self._shell('exec python3 -c "$1"', LISTING)))
        if missing:
            raise UserError(
                f"{self.name} lacks packages that home has, or has others; on every node of it: pip install "
                + " ".join(f"{name}=={wanted}" for name, wanted in missing.items()),
                exit_code=FAILED,
            )

    def _check_ray(self) -> None:
        """
        Raises:
            UserError: it is no dashboard of Ray's, of another version, or refuses us.
        """
        answer = self.jobs.get("/api/version")
        if answer.status_code in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
            raise UserError(
                f"{self.name} refuses (HTTP {answer.status_code}): set RAY_AUTH_TOKEN here to the cluster's token",
                exit_code=FAILED,
            )
        try:
            there = str(_object(answer)["ray_version"])
        except (ValueError, KeyError):
            raise UserError(
                f"{self.name}: what answers there (HTTP {answer.status_code}) is no dashboard of Ray's; give the port "
                "of its dashboard, which is 8265 unless told otherwise",
                exit_code=FAILED,
            ) from None
        here = version("ray")
        if there != here:
            raise UserError(
                f"{self.name} has Ray {there}, and here is {here}; install ray=={there} here, or {here} there",
                exit_code=FAILED,
            )


def _object(answer: httpx2.Response) -> dict[str, Any]:
    found = answer.json() if answer.is_success else None
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found
