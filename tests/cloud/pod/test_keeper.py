"""The keeper as a real process with a real SSH server: who gets in, and when the pod ends."""

import subprocess
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.cloud.kept import MISSING, POD_KEY, Api, Kept, decoded, until
from tinker.cloud.pod.door import session_env
from tinker.cloud.pod.keeper import Clock, Orders, say, why_end
from tinker.cloud.pod.order import LIMIT, command
from tinker.cloud.reach.keys import HostKey

needs_sshd = pytest.mark.skipif(MISSING is not None, reason=MISSING or "")


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    yield api
    api.close()


@pytest.fixture
def kept(tmp_path: Path, api: Api) -> Iterator[Kept]:
    kept = Kept(tmp_path, api)
    yield kept
    kept.end()


def test_it_ends_at_the_deadline_whatever_happens() -> None:
    assert why_end(now=100, deadline=100, idle=50, last_sign=99, unfetched=True) == "deadline passed"


def test_it_ends_when_nobody_gave_a_sign_for_too_long() -> None:
    assert why_end(now=150, deadline=1000, idle=50, last_sign=100, unfetched=False) == "idle for 50 s"
    assert why_end(now=149, deadline=1000, idle=50, last_sign=100, unfetched=False) is None


def test_results_that_are_not_home_keep_it() -> None:
    assert why_end(now=999, deadline=1000, idle=50, last_sign=100, unfetched=True) is None


def test_a_pod_without_a_deadline_is_over_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    orders = Orders.read({"HOME": "/root"})
    assert why_end(1.0, orders.deadline, orders.idle, 1.0, unfetched=True) == "deadline passed"
    assert "TINKER_DEADLINE is missing" in capsys.readouterr().out


def test_sessions_get_no_secret() -> None:
    env = {"TINKER_POD": "p", "TINKER_HOST_KEY": "k", "RUNPOD_API_KEY": "k", "RUNPOD_POD_ID": "i", "OTHER": "o"}
    assert session_env(env) == {"TINKER_POD": "p", "RUNPOD_POD_ID": "i"}


def test_the_start_up_command_leaves_room_in_an_order() -> None:
    assert command()[:2] == ("bash", "-c")
    assert sum(map(len, command())) < LIMIT / 4


def test_orders_do_not_show_the_key() -> None:
    assert POD_KEY not in repr(Orders.read({"RUNPOD_API_KEY": POD_KEY, "TINKER_DEADLINE": "1", "TINKER_IDLE": "1"}))


@needs_sshd
def test_it_deletes_its_pod_at_the_deadline_and_tries_again_by_the_other_way(kept: Kept, api: Api) -> None:
    api.answers["DELETE"] = 500
    kept.start(lives=0)
    until(lambda: api.count("POST"))
    assert api.asked == [
        ("GET", "/v2/pods/abc123", ""),
        ("DELETE", "/v2/pods/abc123", ""),
        ("POST", "/v2/pods/abc123/action", '{"action": "terminate"}'),
    ]
    until(lambda: kept.said("deleting: accepted"))
    assert not (kept.home / "refused").exists()


@needs_sshd
def test_it_deletes_its_pod_when_idle_but_not_before_all_is_home(kept: Kept, api: Api) -> None:
    kept.home.mkdir()
    (kept.home / "unfetched").touch()
    kept.start(idle=0)
    until(kept.answering)
    assert api.count("DELETE") == 0
    (kept.home / "unfetched").unlink()
    until(lambda: api.count("DELETE"))
    assert kept.said("idle for")


@needs_sshd
def test_a_refused_key_is_said_at_the_start_and_at_the_end(kept: Kept, api: Api) -> None:
    api.answers = {"GET": 403, "DELETE": 403, "POST": 403}
    kept.start(lives=0)
    until((kept.home / "refused").exists)
    until(lambda: api.count("POST"))
    until(lambda: "DELETE was answered 403, terminate was answered 403" in (kept.home / "refused").read_text())
    assert kept.said("GET was answered 403")
    assert kept.process is not None
    assert kept.process.poll() is None


@needs_sshd
def test_an_sshd_that_died_comes_back_and_a_second_start_finds_the_first(kept: Kept) -> None:
    kept.start()
    until(kept.answering)
    started = (kept.home / "started").stat().st_mtime
    assert kept.process is not None
    sshd = _children(kept.process.pid)
    assert len(sshd) == 1
    subprocess.run(["kill", "-9", *sshd], check=True)
    until(lambda: kept.said("sshd restarted") and kept.answering())
    kept.end()
    kept.start()
    until(kept.answering)
    assert (kept.home / "started").stat().st_mtime == started


def test_a_pod_whose_ssh_server_cannot_start_still_ends_in_time(kept: Kept, api: Api) -> None:
    kept.host_key = HostKey("abc", "")
    kept.start(lives=0)
    until(lambda: api.count("DELETE"))
    assert kept.said("no SSH server: Error")


@needs_sshd
def test_it_says_no_secret(kept: Kept) -> None:
    kept.start(lives=0)
    until(lambda: kept.said("deleting: accepted"))
    for secret in (POD_KEY, kept.host_key.secret, decoded(kept.host_key.secret)):
        assert secret not in kept.log()


def _children(pid: int) -> list[str]:
    return subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=True).stdout.split()


@needs_sshd
def test_while_somebody_is_connected_it_is_not_idle(kept: Kept, api: Api) -> None:
    kept.start(idle=3)
    until(kept.answering)
    target = kept.target()
    words = ["ssh", *target.options(), target.host, "echo in; sleep 6; echo out"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as sending:
        assert sending.stdout is not None
        assert sending.stdout.readline() == "in\n"
        assert sending.stdout.readline() == "out\n"
        assert api.count("DELETE") == 0
    until(lambda: api.count("DELETE"))


@pytest.mark.parametrize("word", ["", "soon", "nan", "inf"])
def test_a_deadline_that_is_no_time_is_over(word: str) -> None:
    assert Orders.read({"HOME": "/root", "TINKER_DEADLINE": word}).deadline == 0.0


@pytest.mark.parametrize("wrong", [-7200.0, 7200.0])
def test_the_deadline_goes_by_the_clock_of_the_service(wrong: float) -> None:
    clock = Clock()
    assert clock.ahead() == 0.0
    clock.heard("no date")
    clock.heard(None)
    assert clock.ahead() == 0.0
    clock.heard(formatdate(time.time() + wrong, usegmt=True))
    assert clock.ahead() == pytest.approx(wrong, abs=2.0)


def test_nothing_that_cannot_be_said_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("builtins.print", full)
    say("hello")
