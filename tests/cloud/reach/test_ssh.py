"""The connection to a machine, against a real SSH server that a keeper runs."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cloud.kept import MISSING, POD_KEY, Api, Kept, until
from tinker.cloud.host import Unreachable
from tinker.cloud.reach.keys import client_key, host_key, pin
from tinker.cloud.reach.ssh import Ssh
from tinker.errors import UserError

pytestmark = pytest.mark.skipif(MISSING is not None, reason=MISSING or "")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    api = Api()
    kept = Kept(tmp_path_factory.mktemp("with space %h"), api).start()
    until(kept.answering)
    yield kept
    kept.end()
    api.close()


@pytest.fixture
def ssh(kept: Kept) -> Iterator[Ssh]:
    ssh = Ssh(kept.target())
    yield ssh
    ssh.close()


def greet(server: socket.socket) -> None:
    other, _ = server.accept()
    with other:
        other.sendall(b"hello")


def test_a_call_takes_input_and_gives_output(ssh: Ssh) -> None:
    assert ssh.call(["sh", "-c", 'cat; echo "$1"', "-", "it's $HOME"], b"abc\n") == b"abc\nit's $HOME\n"


def test_sessions_know_the_pod_and_not_its_key(ssh: Ssh, kept: Kept) -> None:
    shown = ssh.call(["env"]).decode()
    assert f"TINKER_HOME={kept.home}\n" in shown
    assert 'TINKER_FLEET=a "quoted" fleet\n' in shown
    assert "RUNPOD_POD_ID=abc123\n" in shown
    assert POD_KEY not in shown
    assert kept.host_key.secret not in shown


def test_a_command_that_fails_gives_its_last_line(ssh: Ssh) -> None:
    with pytest.raises(UserError, match=r"^pod-1: out of luck$") as failed:
        ssh.call(["sh", "-c", "echo first >&2; echo out of luck >&2; exit 3"])
    assert not isinstance(failed.value, Unreachable)


def test_lines_come_one_by_one(ssh: Ssh) -> None:
    seen: list[str] = []
    assert ssh.lines(["sh", "-c", "cat; echo two"], b"one\n", seen.append) == "two"
    assert seen == ["one", "two"]


def test_no_answer_in_time_is_no_failure_of_the_command(ssh: Ssh) -> None:
    with pytest.raises(Unreachable, match="did not answer within"):
        ssh.call(["sleep", "30"], timeout=0.5)
    assert ssh.call(["echo", "again"]) == b"again\n"


def test_a_broken_connection_is_replaced(ssh: Ssh) -> None:
    ssh.call(["true"])
    assert ssh._master is not None
    os.kill(ssh._master.pid, signal.SIGKILL)
    ssh._master.wait()
    assert ssh.call(["echo", "again"]) == b"again\n"


def test_another_key_is_not_let_in(kept: Kept, tmp_path: Path) -> None:
    ssh = Ssh(replace(kept.target(), key=client_key(tmp_path).path))
    with pytest.raises(Unreachable, match="Permission denied"):
        ssh.call(["true"])
    ssh.close()


def test_a_server_with_another_key_is_refused(kept: Kept, tmp_path: Path) -> None:
    pin(tmp_path / "known_hosts", kept.name, host_key().public)
    ssh = Ssh(replace(kept.target(), known_hosts=tmp_path / "known_hosts"))
    with pytest.raises(Unreachable, match="Host key verification failed"):
        ssh.call(["true"])
    ssh.close()


def test_nobody_there_is_unreachable(kept: Kept) -> None:
    ssh = Ssh(replace(kept.target(), port=1))
    with pytest.raises(Unreachable, match="refused"):
        ssh.call(["true"])
    ssh.close()


def test_a_tunnel_leads_to_the_loopback_of_the_machine(ssh: Ssh) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=greet, args=(server,), daemon=True).start()
        local = ssh.tunnel(server.getsockname()[1])
        assert ssh.tunnel(server.getsockname()[1]) == local
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(local))
            assert client.recv(5) == b"hello"
        assert local.stat().st_mode & 0o077 == 0


def test_closing_leaves_nothing(kept: Kept) -> None:
    ssh = Ssh(kept.target())
    ssh.call(["true"])
    assert ssh._master is not None
    master = ssh._master.pid
    ssh.close()
    assert not ssh.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(master, 0)
