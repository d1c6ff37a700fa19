"""A Ray cluster that is up, reached by its dashboard alone: a real one for a run, stand-ins for what can be wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest

from tests.cloud.house import GRID
from tests.cloud.kept import free_port, until
from tests.cloud.terminal import QUICK, ROOT
from tinker.cloud.host import Unreachable
from tinker.cloud.reach import jobs
from tinker.cloud.reach.home import Home
from tinker.cloud.reach.jobs import Jobs
from tinker.cloud.reach.ray_host import RayHost
from tinker.errors import FAILED, OK, UserError

TOKEN = "0123456789abcdef" * 4
NAME = "ray://there:8265"


def host(tmp_path: Path, answers: Callable[[httpx2.Request], httpx2.Response]) -> RayHost:
    """Of a cluster that answers so."""
    return RayHost(Jobs(httpx2.MockTransport(answers), TOKEN), NAME, Home(tmp_path, "none"), "tinker-1")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx2.Response(401), "refuses .HTTP 401.: set RAY_AUTH_TOKEN"),
        (httpx2.Response(403), "refuses .HTTP 403.: set RAY_AUTH_TOKEN"),
        (httpx2.Response(404), "is no dashboard of Ray's"),
        (httpx2.Response(200, text="<html>"), "is no dashboard of Ray's"),
        (httpx2.Response(200, json=["ray_version"]), "is no dashboard of Ray's"),
        (httpx2.Response(200, json={"ray_version": "1.0"}), rf"has Ray 1\.0, and here is {version('ray')}"),
    ],
)
def test_what_is_no_fit_cluster_is_one_message(tmp_path: Path, answer: httpx2.Response, said: str) -> None:
    with pytest.raises(UserError, match=said) as failed:
        host(tmp_path, lambda _: answer).facts()
    assert failed.value.exit_code == FAILED
    assert TOKEN not in str(failed.value)


def test_a_job_that_cannot_begin_says_why(tmp_path: Path) -> None:
    def answers(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/version":
            return httpx2.Response(200, json={"ray_version": version("ray")})
        if request.url.path.endswith("/logs"):
            return httpx2.Response(200, json={"logs": ""})
        return httpx2.Response(200, json={"status": "FAILED", "message": "runtime_env setup failed: no room\nmore"})

    with pytest.raises(UserError, match=r"Ray did not run a job of ours: runtime_env setup failed: no room$"):
        host(tmp_path, answers).facts()


def test_a_run_that_nobody_began_is_none_and_one_that_is_forgotten_is_said(tmp_path: Path) -> None:
    known = {"status": "RUNNING", "entrypoint": "run"}
    answers = [httpx2.Response(404), httpx2.Response(200, json=known), httpx2.Response(404)]

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"logs": ""}) if request.url.path.endswith("/logs") else answers.pop(0)

    later = RayHost(Jobs(httpx2.MockTransport(answer), TOKEN), NAME, Home(tmp_path, "none"), "tinker-1", "a-run")
    assert later.beat().job == "none"
    assert later.beat().job == "running"
    with pytest.raises(UserError, match="does not know the run a-run any more") as failed:
        later.beat()
    assert failed.value.exit_code == FAILED


def test_nobody_there_is_said_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ATTEMPTS", 1)
    reached = RayHost(Jobs(f"http://127.0.0.1:{free_port()}", None), NAME, Home(tmp_path, "none"), "tinker-1")
    with pytest.raises(Unreachable, match="did not answer"):
        reached.facts()


@pytest.fixture
def cluster() -> Iterator[tuple[int, Path]]:
    """A head with a token, in a folder and a group of its own: the port of its dashboard, and its home."""
    with TemporaryDirectory(prefix="tk", dir="/tmp", ignore_cleanup_errors=True) as short:
        home, port = Path(short, "home"), free_port()
        home.mkdir()
        words = ["--head", "--block", "--disable-usage-stats", "--node-ip-address=127.0.0.1", f"--temp-dir={short}/t"]
        words += ["--num-cpus=2", "--num-gpus=0", f"--object-store-memory={128 * 1024**2}", "--port=0"]
        words += ["--min-worker-port=0", "--max-worker-port=0", "--dashboard-agent-listen-port=0"]
        words += [f"--ray-client-server-port={free_port()}", f"--dashboard-port={port}"]
        kept = {name: os.environ[name] for name in ("LANG", "LD_LIBRARY_PATH") if name in os.environ}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        own = {"HOME": str(home), "PATH": path, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
        with Path(short, "log").open("wb") as log:
            ray = subprocess.Popen(
                [sys.executable, "-m", "ray.scripts.scripts", "start", *words],
                env=kept | own,
                cwd=short,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            until(lambda: _version(port) == 200, seconds=60)
            yield port, home
            assert ray.poll() is None, "the user's cluster was ended"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(ray.pid, signal.SIGKILL)
            ray.wait()


def _version(port: int) -> int:
    with suppress(httpx2.TransportError):
        there = {"Authorization": f"Bearer {TOKEN}"}
        return httpx2.get(f"http://127.0.0.1:{port}/api/version", headers=there, trust_env=False).status_code
    return 0


@pytest.mark.skipif(sys.platform != "linux", reason="what runs there reads /proc")
def test_a_run_goes_there_and_its_results_come_home(cluster: tuple[int, Path], tmp_path: Path) -> None:
    port, there = cluster
    (tmp_path / "g.yaml").write_text(GRID.replace("base: {train.accelerator: cuda}\n", ""))
    own = {"HOME": str(tmp_path), "TINKER_STATE": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *QUICK, "run", "g.yaml", "seeds=1", "--on", f"ray://127.0.0.1:{port}"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "RAY_AUTH_TOKEN": TOKEN, **own},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == OK, done.stdout + done.stderr
    assert done.stdout.splitlines()[0] == "g: 2 arms, 1 seeds, 2 trials: 0 done, 2 to run"
    assert "2 done; see it with: tinker report g" in done.stdout
    at_home = {path.relative_to(tmp_path / "results") for path in (tmp_path / "results").glob("trials/*/*/result.json")}
    (folder,) = (there / ".tinker").iterdir()
    assert len(at_home) == 2
    for result in at_home:
        assert (folder / "results" / result).read_bytes() == (tmp_path / "results" / result).read_bytes()
    for said in (done.stdout, done.stderr, *(path.read_text() for path in (tmp_path / "state").rglob("ledger*"))):
        assert TOKEN not in said
