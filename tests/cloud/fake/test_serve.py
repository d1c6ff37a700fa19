"""The fake in the foreground says how it is used, and ends with all its pods when it is asked to."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cloud.fake.test_runpod import ORDER, until
from tinker.cloud.api.client import Api
from tinker.cloud.fake.belongings import belonging
from tinker.cloud.fake.serve import serve
from tinker.cloud.pod.door import SSHD
from tinker.errors import UserError

CODE = "from tinker.cloud.fake.serve import serve; serve(0, 2, ['NVIDIA L4'], lambda line: print(line, flush=True))"


def test_an_unknown_card_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match=r"--card L40: .*NVIDIA L4"):
        serve(0, 1, ["L40"], print)


@pytest.mark.skipif(not Path(SSHD).exists(), reason=f"no SSH server at {SSHD}")
def test_it_serves_until_it_is_interrupted_and_ends_its_pods() -> None:
    with subprocess.Popen((sys.executable, "-c", CODE), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            said += process.stdout.readline()
        url, key = re.findall(r"export \w+=(\S+)", said)
        pod = Api(key, url).create_pod(replace(ORDER, command=("bash", "-c", "sleep 4000")))
        until(lambda: belonging(pod.id, pod.id))
        process.send_signal(signal.SIGINT)
        assert "1 pods, which would have cost 0.00 USD" in process.stdout.read()
        assert process.wait() == 0
    assert belonging(pod.id, pod.id) == []
