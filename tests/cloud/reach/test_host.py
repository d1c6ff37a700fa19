"""A machine from the first contact to the end of a run, with a real SSH server, a real environment and a real Ray."""

import io
import json
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import httpx2
import pytest

import tinker
from tests.cloud.kept import MISSING, Api, Kept, until
from tinker.cloud.host import Command, Node, Signs
from tinker.cloud.reach.host import OwnHost, SshHost
from tinker.cloud.reach.ssh import Ssh
from tinker.errors import UserError

pytestmark = [
    pytest.mark.xdist_group("ssh-host"),  # one machine for all: they follow one another on it
    pytest.mark.skipif(MISSING is not None, reason=MISSING or ""),
]
TOKEN = "0123456789abcdef" * 4
#: Stands for the run: says what it got, and ends.
JOB = """
import os, sys, time
from tinker.cloud.pod import place
from tinker.cloud.pod.ray_part import born
place.UNFETCHED.touch()
place.RUN_PID.write_text(f"{os.getpid()} {born(os.getpid())}")
place.LOG.write_text(f"{sys.argv[1:]} {'RUNPOD_API_KEY' in os.environ} {'RAY_ADDRESS' in os.environ}")
try:
    time.sleep(60)
except KeyboardInterrupt:
    place.EXIT.write_text("130")
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    api = Api()
    kept = Kept(tmp_path_factory.mktemp("pods"), api).start()
    until(kept.answering)
    yield kept
    kept.end()
    api.close()


@pytest.fixture(scope="module")
def host(kept: Kept) -> Iterator[SshHost]:
    host = SshHost(Ssh(kept.target()))
    yield host
    host.close()


class Taker:
    """Asks what there is and counts the answer's files, the index that says it."""

    def fetch(self, ship: Callable[[bytes], bytes], say: Callable[[str], None]) -> int:
        asked = {"have": None, "partial": {}, "checkpoints": "none"}
        with tarfile.open(fileobj=io.BytesIO(ship(zlib.compress(json.dumps(asked).encode())))) as answer:
            return len(answer.getnames())

    def close(self) -> None:
        pass


def bundle(**more: str) -> bytes:
    """The code of tinker, and files of the test's own, named by path with `__` for `/`."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        root = Path(tinker.__file__).parent
        for path in (root / "__init__.py", root / "errors.py", *root.glob("cloud/**/*.py"), *root.glob("store/*.py")):
            if path.name != "job.py":
                tar.add(path, f"code/tinker/{path.relative_to(root)}")
        for name, text in {"code__tinker__cloud__pod__job.py": JOB, **more}.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


def test_it_says_what_it_has_before_any_code_is_there(host: SshHost) -> None:
    facts = host.facts()
    assert facts.cpus >= 1
    assert facts.disk_gb > 0
    assert facts.can_delete is True


def test_new_code_takes_the_place_of_the_old_one(host: SshHost, kept: Kept) -> None:
    host.unpack(bundle(code__gone="1", work__grid="1", results__a="1"))
    host.unpack(bundle(results__b="2"))
    assert not (kept.home / "code" / "gone").exists()
    assert (kept.home / "work" / "grid").exists()
    assert {path.name for path in (kept.home / "results").iterdir()} == {"a", "b"}


def test_on_a_machine_of_the_users_own_all_is_in_a_folder_of_the_fleet(kept: Kept) -> None:
    host = OwnHost(Ssh(kept.target()), None, "tinker-12345678", time.time() + 60, 60.0)
    host.unpack(bundle())
    assert host.beat() == Signs("none")
    assert {path.name for path in (kept.home / ".tinker" / "tinker-12345678").iterdir()} == {"code", "heartbeat"}
    assert not (kept.home / "heartbeat").exists()
    host.close()


def test_machines_reach_each_other_or_not(host: SshHost) -> None:
    host.listen("127.0.0.1", 46124)
    host.listen("127.0.0.1", 46124)
    assert host.can_reach("127.0.0.1", 46124)
    assert not host.can_reach("127.0.0.1", 1)


def test_ray_is_not_started_without_a_token(host: SshHost) -> None:
    with pytest.raises(UserError, match="without a token"):
        host.start_ray(Node("127.0.0.1", 1, 0), "")


def test_a_head_that_is_not_there_is_said_at_once(host: SshHost) -> None:
    with pytest.raises(UserError, match=r"head at 127\.0\.0\.1:1 does not answer"):
        host.start_ray(Node("127.0.0.1", 1, 0, "127.0.0.1:1"), TOKEN)


def test_a_run_from_the_environment_to_its_end(host: SshHost, kept: Kept) -> None:
    said: list[str] = []
    lock = f"ray=={version('ray')}\nNumPy=={version('numpy')}+cpu\n"
    host.install(lock, said.append)
    assert said[-1] == "2 of 2 packages are there"
    said.clear()
    host.install(lock, said.append)
    assert said == ["2 of 2 packages are there"]

    node = Node("127.0.0.1", cpus=1, gpus=0)
    head = host.start_ray(node, TOKEN)
    assert host.start_ray(node, TOKEN) == head
    known = json.loads((kept.home / "ray.json").read_text())
    assert httpx2.get(f"http://127.0.0.1:{known['jobs']}/api/jobs/", trust_env=False).status_code == 401
    assert (kept.home / "token").stat().st_mode & 0o077 == 0

    assert host.beat() == Signs("none")
    command = Command(("run", "a b"), "fleet-run-1")
    host.submit(command)
    host.submit(command)
    until(lambda: host.beat().job == "running" and host.beat().log_bytes, seconds=60)
    assert host.log(0).decode() == "['run', 'a b'] False True"
    assert host.log(5) == host.log(0)[5:]
    host.stop()
    until(lambda: host.beat().job == "ended")
    assert host.beat().code == 130
    assert (kept.home / "unfetched").exists()
    host.home = Taker()
    assert host.fetch(said.append) == 1
    host.all_home()
    assert not (kept.home / "unfetched").exists()
