"""Ray's Jobs API against a stand-in that answers as Ray does; the real one: see the tests of `SshHost`."""

import json

import httpx2
import pytest

from tinker.cloud.host import Unreachable
from tinker.cloud.reach import jobs
from tinker.cloud.reach.jobs import Jobs
from tinker.errors import UserError

TOKEN = "secret-token"


class Head:
    """Has jobs by id; answers `trouble` times with what a head says that is not up."""

    def __init__(self, trouble: int = 0, refuses: bool = False) -> None:
        self.jobs: dict[str, str] = {}
        self.trouble, self.refuses = trouble, refuses

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        if self.trouble:
            self.trouble -= 1
            return httpx2.Response(503)
        id = request.url.path.removeprefix("/api/jobs/")
        if request.method == "GET":
            return httpx2.Response(200, json={"status": "RUNNING"}) if id in self.jobs else httpx2.Response(404)
        asked = json.loads(request.content)
        if asked["submission_id"] in self.jobs or self.refuses:
            return httpx2.Response(500, text="Traceback: job exists")
        self.jobs[asked["submission_id"]] = asked["entrypoint"]
        return httpx2.Response(200, json={})


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ATTEMPTS", 2)


def test_a_job_is_started_once() -> None:
    head = Head()
    api = Jobs(httpx2.MockTransport(head), TOKEN)
    for _ in range(2):
        api.submit(["python", "-m", "job", "a b"], "run-1")
    assert head.jobs == {"run-1": "python -m job 'a b'"}
    assert api.status("run-1") == "RUNNING"
    assert api.status("run-2") is None


def test_a_head_that_is_still_coming_up_is_asked_again() -> None:
    head = Head(trouble=1)
    Jobs(httpx2.MockTransport(head), TOKEN).submit(["true"], "run-1")
    assert "run-1" in head.jobs


def test_a_head_that_does_not_come_up_is_unreachable(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Unreachable, match="it is not up yet"):
        Jobs(httpx2.MockTransport(Head(trouble=99)), TOKEN).submit(["true"], "run-1")
    assert "stamina" not in caplog.text


def test_a_job_that_ray_does_not_take_is_an_error() -> None:
    with pytest.raises(UserError, match="did not take the job run-1: HTTP 500") as failed:
        Jobs(httpx2.MockTransport(Head(refuses=True)), TOKEN).submit(["true"], "run-1")
    assert TOKEN not in str(failed.value)
