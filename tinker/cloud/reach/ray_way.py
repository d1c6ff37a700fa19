"""Commands on the head of a Ray cluster, each as a short job of its own: all that the Jobs API can do.

The answer is in the job's output, between marks and in base64, since Ray writes there too.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
import time
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.resources import files

from tinker.cloud.host import Unreachable
from tinker.cloud.reach.jobs import OVER, Jobs
from tinker.errors import FAILED, UserError

#: Input of more bytes than these goes as a package: a command line has 128 KiB at most.
INLINE = 32 * 1024
#: Seconds between two looks at a job.
LOOK = 0.2
#: In a package.
INPUT = "input"


class RayWay:
    """Calls on the head.

    Args:
        name: of the cluster, for messages.
        fleet: the jobs' ids begin with it.
    """

    def __init__(self, jobs: Jobs, name: str, fleet: str) -> None:
        self.jobs, self.name, self.fleet = jobs, name, fleet
        self._closed = False

    def call(self, argv: Sequence[str], data: bytes | None = None, timeout: float = 60.0) -> bytes:
        """Runs a command there; `data` is its input. Returns its output.

        Raises:
            Unreachable: no answer in `timeout` seconds.
            UserError: the command failed, with the last line that it said; or Ray could not start it.
        """
        id = f"{self.fleet}-ask-{secrets.token_hex(8)}"
        data, environment = data or b"", None
        if len(data) > INLINE:
            name = f"_ray_pkg_{hashlib.sha256(data).hexdigest()[:32]}.zip"
            environment = {"working_dir": self.jobs.put(name, zipped([(INPUT, data)]))}
        given = "-" if environment else base64.b64encode(data).decode()
        source = files("tinker.cloud.pod").joinpath("asked.py").read_text(encoding="utf-8")
        self.jobs.submit(["python3", "-c", source, given, *argv], id, environment)
        try:
            return self._answer(id, timeout)
        finally:
            with suppress(UserError):  # what is left of it is a line in the cluster's list
                self.jobs.forget(id)

    def _answer(self, id: str, timeout: float) -> bytes:
        until = time.monotonic() + timeout
        while (told := self.jobs.about(id)) is not None and told["status"] not in OVER:
            if time.monotonic() > until or self._closed:
                self.jobs.stop(id)
                raise Unreachable(f"{self.name}: a job of ours had no answer within {timeout:g} s")
            time.sleep(LOOK)
        said = self.jobs.output(id) if told is not None else ""
        for line in said.splitlines():
            if line.startswith('{"tinker": '):
                answer = json.loads(line)
                if answer["code"]:
                    raise UserError(f"{self.name}: {answer['error'] or answer['code']}", exit_code=FAILED)
                return base64.b64decode(answer["output"])
        why = (told or {}).get("message") or "it is gone"
        raise UserError(f"{self.name}: Ray did not run a job of ours: {first_line(why)}", exit_code=FAILED)

    def close(self) -> None:
        """Whoever waits for an answer gets none."""
        self._closed = True
        self.jobs.close()


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of these files; equal files make equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def first_line(text: object) -> str:
    """Of what Ray says, which may be a traceback."""
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    return lines[0][:300] if lines else "it says nothing"
