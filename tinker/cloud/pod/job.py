"""The run on a machine, as Ray's Jobs API starts it: `python -m tinker.cloud.pod.job run GRID ...`.

The run itself is a child in a session of its own that writes straight into run.log: whatever becomes of this process,
or of Ray, the run can still save itself and say what it did.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from tinker.cloud.pod import place
from tinker.cloud.pod.ray_part import born
from tinker.errors import FAILED

#: The command `tinker`, whether it is installed or not. `-P`: the folder of the run hides no library.
TINKER = ("-P", "-c", "import sys; sys.argv[0] = 'tinker'; from tinker.cli.entry import main; main()")
#: Seconds between two signs of life, and between two looks at the run.
BEAT, LOOK = 5.0, 0.2
#: Not for the run: the pod's own key is its keeper's, and output that is a file has no colours.
KEPT_BACK = ("RUNPOD_API_KEY", "FORCE_COLOR", "CLICOLOR_FORCE")


def run(words: Sequence[str], look: float = LOOK) -> int:
    """Runs `tinker WORDS` to its end; returns its exit code, 128 and more where a signal ended it."""
    code = FAILED
    try:
        code = _run(words, look)
    finally:
        write(place.EXIT, str(code))  # whatever went wrong here: home waits for it
    return code


def _run(words: Sequence[str], look: float) -> int:
    for folder in (place.WORK, place.DATA, place.RESULTS):
        folder.mkdir(parents=True, exist_ok=True)
    link_results()
    place.BUSY.touch()
    place.UNFETCHED.touch()
    place.RUN_PID.unlink(missing_ok=True)
    place.EXIT.unlink(missing_ok=True)  # of an earlier run
    start = place.LOG.stat().st_size if place.LOG.exists() else 0
    asked: list[int] = []
    _on_signal(lambda number, _: asked.append(number))
    with place.LOG.open("ab") as log:
        child = subprocess.Popen(
            command(words),
            env=environment(),
            cwd=place.WORK,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    write(place.RUN_PID, f"{child.pid} {born(child.pid)}")
    beaten = time.monotonic()
    while child.poll() is None:
        while asked:
            asked.pop()
            child.send_signal(signal.SIGINT)  # as Ctrl-C: the run saves itself
        if time.monotonic() - beaten >= BEAT:
            place.BUSY.touch()
            beaten = time.monotonic()
        start = _repeat(start)
        time.sleep(look)
    _repeat(start)
    return int(child.returncode if child.returncode >= 0 else 128 - child.returncode)


def command(words: Sequence[str]) -> list[str]:
    """The child's."""
    return [sys.executable, *TINKER, *words]


def link_results() -> None:
    """The run's results are where a run looks for them, so that what it says holds at home too."""
    link = place.WORK / "results"
    if not link.is_symlink():
        link.symlink_to(place.RESULTS)


def environment() -> dict[str, str]:
    """The child's. RAY_ADDRESS is among it, as Ray sets it for its jobs."""
    ours = {name: value for name, value in os.environ.items() if name not in KEPT_BACK}
    path = [str(place.CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
    given = {
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "TINKER_HOME": str(place.HOME),
        "TINKER_DATA": str(place.DATA),
        "TINKER_BUSY": str(place.BUSY),
        "TINKER_GIT": str(place.GIT),
    }
    if place.RENTED.exists():
        given["TINKER_RENTED"] = str(place.RENTED)
    return {**ours, **given}


def write(path: Path, text: str) -> None:
    """Whole or not at all: others look at any time."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    staged.write_text(text)
    staged.replace(path)


def _repeat(start: int) -> int:
    """Copies what the run has said since that byte of its log to our own output; returns how far it is now."""
    with place.LOG.open("rb") as log:
        log.seek(start)
        data = log.read()
    with suppress(OSError):  # nobody listens any more: the log has it
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return start + len(data)


def _on_signal(heard: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, heard)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
