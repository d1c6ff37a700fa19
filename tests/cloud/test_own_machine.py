"""`tinker run --on ssh://...`, the command, with a real SSH server and a real Ray."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cloud.house import GRID
from tests.cloud.kept import Api, Kept, until
from tests.cloud.terminal import MARKS, QUICK, ROOT
from tinker.cloud.ledger import Ledger
from tinker.cloud.state import State
from tinker.errors import OK

pytestmark = MARKS

Tinker = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def tinker(tmp_path: Path) -> Iterator[Tinker]:
    """The command, on a computer whose `ssh` knows a machine by the name `own`."""
    api = Api()
    with TemporaryDirectory(prefix="tk", dir="/tmp") as short:  # Ray's sockets lie there, whose paths must be short
        kept = Kept(Path(short), api).start()
        home = tmp_path / "home"
        home.mkdir()
        (home / "g.yaml").write_text(GRID.replace("base: {train.accelerator: cuda}\n", ""))
        target = kept.target()
        # OpenSSH finds the user's own settings by the system's list of users: a test gives them by hand.
        settings = [f"HostName {target.host}", f"Port {target.port}", f"IdentityFile {target.key}"]
        settings += [f"UserKnownHostsFile {target.known_hosts}", f"HostKeyAlias {target.name}", "IdentitiesOnly yes"]
        (home / "ssh_config").write_text("\n".join(["Host own", *settings, ""]))
        (home / "bin").mkdir()
        (home / "bin" / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {home}/ssh_config "$@"\n')
        (home / "bin" / "ssh").chmod(0o755)
        env = {
            "PATH": f"{home}/bin:{os.environ['PATH']}",
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "TINKER_STATE": str(home / "state"),
            "TMPDIR": short,
        }

        def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
            argv = [sys.executable, *QUICK, *words]
            return subprocess.run(argv, cwd=home, env=env | more, capture_output=True, text=True, timeout=300)

        until(kept.answering)
        try:
            yield run
        finally:
            kept.end()
            api.close()


def run_there(tinker: Tinker, **more: str) -> subprocess.CompletedProcess[str]:
    return tinker("run", "g.yaml", "seeds=1", "--on", "ssh://own", **more)


def account(folder: Path) -> Ledger:
    (fleet,) = State(folder / "home" / "state").fleets()
    return Ledger(fleet.ledger)


def test_a_run_whose_launcher_died_before_it_began_is_begun_by_the_same_command(tinker: Tinker, tmp_path: Path) -> None:
    killed = run_there(tinker, TEST_KILLED_AFTER="submitted")
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    assert account(tmp_path).account.submissions == 1
    done = run_there(tinker)
    assert done.returncode == OK, done.stdout + done.stderr
    assert "is at work on g; watching it" in done.stderr
    assert "though it was written down here: it is begun now" in done.stderr
    assert "2 done; see it with: tinker report g" in done.stdout
    assert len(list((tmp_path / "home" / "results").glob("trials/*/*/result.json"))) == 2
    ledger = account(tmp_path)
    assert ledger.account.closed
    assert (ledger.account.submissions, ledger.account.ended) == (1, OK)
    assert '"kind":"lost"' not in ledger.path.read_text()
