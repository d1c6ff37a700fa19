"""This machine's part in the Ray cluster: started in a group of its own, or found running."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tinker.cloud.pod import place
from tinker.cloud.pod.door import write_secret
from tinker.errors import FAILED, UserError

#: Work items and results are small; Ray's default takes 30 % of the machine's memory.
STORE_BYTES = 128 * 1024**2
#: Seconds that Ray may take to come up, and to end.
UP, DOWN = 120.0, 15.0
#: In Ray's folder.
UP_MARK = "ray_current_cluster"
#: For trials, whose processes inherit it; as `tinker.schedule.pool` sets it at home.
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "3600",
    "TUNE_RESULT_BUFFER_LENGTH": "0",
    "TUNE_MAX_PENDING_TRIALS_PG": "200",
    "TUNE_GLOBAL_CHECKPOINT_S": str(10**9),
    "OPENBLAS_NUM_THREADS": "1",
}


def start(asked: dict[str, Any]) -> dict[str, Any]:
    """Starts Ray as asked (`address`, `cpus`, `gpus`, `head`, `token`).

    Returns:
        `head`, the `address:port` of the head, and `jobs`, the port of its Jobs API on the head's loopback.

    Raises:
        UserError: no token, without which everybody who gets to Ray's ports would run what they like
            (CVE-2023-48022), or Ray does not start; with its last words.
    """
    token = asked.pop("token", "")
    if not isinstance(token, str) or len(token) < 32:
        raise UserError("Ray is not started without a token of 32 characters or more", exit_code=FAILED)
    same = place.TOKEN.exists() and secrets.compare_digest(place.TOKEN.read_text(), token)
    known = running()
    if known is None or not same or known["asked"] != asked:
        if known is not None:  # of a cluster whose head has died
            end(known)
        if asked["head"] is not None:
            _knock(asked["head"])
        write_secret(place.TOKEN, token.encode())
        known = _start(asked)
    return {"head": _head_once_up(known), "jobs": known["jobs"]}


def running() -> dict[str, Any] | None:
    """What was started here and lives."""
    with suppress(OSError, ValueError):
        known: dict[str, Any] = json.loads(place.RAY.read_text())
        if born(known["pid"]) == known["born"]:
            return known
    return None


def end(known: dict[str, Any]) -> None:
    """Ends what was started here, and nothing else."""
    for number, patience in ((signal.SIGTERM, DOWN), (signal.SIGKILL, DOWN)):
        with suppress(ProcessLookupError):
            os.killpg(known["pid"], number)
        until = time.monotonic() + patience
        while _group_lives(known["pid"]) and time.monotonic() < until:
            time.sleep(0.1)
    shutil.rmtree(known["temp"], ignore_errors=True)
    place.RAY.unlink(missing_ok=True)


def _start(asked: dict[str, Any]) -> dict[str, Any]:
    temp = _temp_dir()
    (temp / UP_MARK).unlink(missing_ok=True)
    jobs = _free_port() if asked["head"] is None else None
    with (place.HOME / "ray.log").open("wb") as output:
        child = subprocess.Popen(
            [str(place.PYTHON), "-m", "ray.scripts.scripts", "start", *_words(asked, jobs, temp)],
            env=environment(),
            cwd=place.HOME,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    known = {"pid": child.pid, "born": born(child.pid), "asked": asked, "jobs": jobs, "temp": str(temp)}
    place.RAY.write_text(json.dumps(known))  # before it is up, so that it is found whatever happens here
    return known


def _head_once_up(known: dict[str, Any]) -> str:
    """The head's `address:port`, which Ray notes when all is up."""
    mark = Path(known["temp"], UP_MARK)
    until = time.monotonic() + UP
    while not mark.exists():
        if born(known["pid"]) is None or time.monotonic() > until:
            said = (place.HOME / "ray.log").read_text(errors="replace").split("\n")
            end(known)
            last = next((line.strip() for line in reversed(said) if line.strip()), "it says nothing")
            raise UserError(f"Ray does not start: {last}", exit_code=FAILED)
        time.sleep(0.1)
    return mark.read_text().strip()


def _knock(head: str) -> None:
    """Ray takes minutes to say that nobody is there."""
    host, _, port = head.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise UserError(f"Ray's head at {head} does not answer: {error}", exit_code=FAILED) from None


def _words(asked: dict[str, Any], jobs: int | None, temp: Path) -> list[str]:
    """Options of `ray start`. Ports are free ones: several machines may be stand-ins on one."""
    words = ["--block", "--disable-usage-stats", f"--node-ip-address={asked['address']}", f"--temp-dir={temp}"]
    words += [f"--num-cpus={asked['cpus']}", f"--num-gpus={asked['gpus']}", f"--object-store-memory={STORE_BYTES}"]
    words += ["--min-worker-port=0", "--max-worker-port=0", "--dashboard-agent-listen-port=0"]
    if jobs is None:
        return [*words, f"--address={asked['head']}"]
    words += ["--head", "--port=0", f"--ray-client-server-port={_free_port()}"]
    return [*words, "--include-dashboard=true", "--dashboard-host=127.0.0.1", f"--dashboard-port={jobs}"]


def environment() -> dict[str, str]:
    """Of Ray and all that it starts. The pod's own key is for its keeper alone."""
    ours = {name: value for name, value in os.environ.items() if name not in ("RUNPOD_API_KEY", "RAY_AUTH_TOKEN")}
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(place.TOKEN)}
    # A trial has the environment of its own machine's Ray, not that of the run's driver.
    here = {"HOME": place.HOME, "DATA": place.DATA, "BUSY": place.BUSY, "GIT": place.GIT}
    if place.RENTED.exists():
        here["RENTED"] = place.RENTED
    named = {f"TINKER_{name}": str(path) for name, path in here.items()}
    return {**ours, **ENVIRONMENT, **token, **named, "PYTHONUNBUFFERED": "1"}


def _temp_dir() -> Path:
    """Short, since Ray's sockets are below it, and a socket's path has 107 bytes at most; nobody else's."""
    folder = Path("/tmp", f"tinker-{os.geteuid()}-{hashlib.sha256(str(place.HOME).encode()).hexdigest()[:8]}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise UserError(f"{folder} belongs to somebody else; remove it", exit_code=FAILED)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def born(pid: int) -> str | None:
    """When a process began, in ticks since the machine did: a number that came round again is another process."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if fields[0] not in "ZX":
            return fields[19]
    return None


def _group_lives(group: int) -> bool:
    """Whether a process of it is at work; one that only waits to be reaped is not."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[2] == str(group) and fields[0] not in "ZX":
                return True
    return False
