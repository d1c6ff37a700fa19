"""A side of a measurement as the process sees it that measures: its birth, its answers, its end (see `side.py`)."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import tinker
from tinker.errors import FAILED, UserError
from tinker.spec import TrialSpec

#: Of trials that are only to be timed: more steps than anybody waits for, nothing written, nothing told to loggers.
STEPS = 1_000_000
TIMED: dict[str, Any] = {
    "checkpoint": {"minutes": 1e9, "keep": "none"},
    "logger": {"csv": False, "tensorboard": False, "wandb": None, "mlflow": None},
}


class SideEnded(Exception):  # noqa: N818 - it is what has happened
    """The process died, or could not do what it was for; the text is the last thing that it said."""


class SideRefused(SideEnded):
    """The trials cannot be trained as one program; the text is why."""


class SideDiverged(SideEnded):
    """A loss was not finite: at a constant rate, and for more steps than a trial has, which alone may come to that."""


class SideLate(Exception):  # noqa: N818 - it is what has happened
    """Its time was over before it answered."""


@dataclass(frozen=True)
class Answer:
    """Seconds that a block of steps took, and the peak of the GPU's memory until then, if it has one."""

    seconds: float
    peak_mem_bytes: int | None


class Side:
    """A process that trains. It ends with this one, or when that is killed; to be used in a `with`.

    Args:
        specs: trials that differ in their seeds alone; several are trained as one program.
    """

    def __init__(self, specs: Sequence[TrialSpec]) -> None:
        # -P: the current folder, where a model.py of the user's would hide `model`, is not on its path.
        command = [sys.executable, "-P", "-m", "tinker.schedule.measured.side"]
        path = [str(Path(tinker.__file__).parents[1]), *(str(Path(entry).absolute()) for entry in sys.path)]
        threads = str(specs[0].config["train"]["threads"])  # as Ray gives them to a worker
        given = {"OMP_NUM_THREADS": threads, "TORCHINDUCTOR_COMPILE_THREADS": threads}
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(path)), **given}
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the side
        self._process = subprocess.Popen(
            command, env=environment, stdin=-1, stdout=-1, stderr=self._errors, bufsize=0, start_new_session=True
        )
        self._heard = b""
        self._tell(json.dumps([spec.as_dict() for spec in specs]))

    def begin(self, until: float) -> None:
        """Waits until it has imported what it needs.

        Raises:
            SideEnded: it died.
            SideLate: it had not by `until`, of the monotonic clock.
        """
        self._listen(until)

    def steps(self, count: int, until: float) -> Answer:
        """So many further steps.

        Raises:
            SideEnded: it died, or (SideRefused) its trials cannot be trained as one program, or (SideDiverged) at all.
            SideLate: no answer by `until`, of the monotonic clock.
        """
        self._tell(str(count))
        answer = self._listen(until)
        if "refused" in answer:
            raise SideRefused(answer["refused"])
        if "diverged" in answer:
            raise SideDiverged(f"the control diverged after {answer['diverged']} steps of the measurement")
        return Answer(**answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(ProcessLookupError, PermissionError):  # it has ended; macOS says so in another way
            os.killpg(self._process.pid, signal.SIGKILL)  # compilers included
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # its answer, which is none, says it
            self._process.stdin.write(f"{line}\n".encode())

    def _listen(self, until: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        while b"\n" not in self._heard:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise SideLate
            piece = self._process.stdout.read(4096)
            if not piece:
                raise SideEnded(self._last_words())
            self._heard += piece
        line, _, self._heard = self._heard.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return said[-1] if said else f"it ended with exit code {code} and said nothing"


@contextmanager
def of_the_control(part: str, late: str, otherwise: str) -> Iterator[None]:
    """Around the first steps of the control as it stands: where that does not train there is nothing to decide.

    Args:
        part: of `resources`, that is to be decided.
        late: what to say where its time was over.
        otherwise: what to declare that needs no measurement.

    Raises:
        UserError: it does not train.
        SideRefused: several cannot be trained as one program.
    """
    try:
        yield
    except SideRefused:
        raise
    except (SideEnded, SideLate) as error:
        raise UserError(
            f"resources.{part}: auto: the control cannot be measured: {str(error) or late}; `tinker verify` says more "
            f"of an arm that cannot be trained, and {otherwise} needs no measurement",
            exit_code=FAILED,
        ) from None


def timed(spec: TrialSpec, *, eval_every: int = STEPS, **train: Any) -> TrialSpec:
    """The trial for a measurement: `train` are changes of its `train`, and it is evaluated so often.

    It starts from scratch where that makes no other model, since what it would start from may not be there yet.
    """
    config = spec.config
    own = {key: value for key, value in config["train"].items() if key != "until"}
    config = {**config, **TIMED, "train": {**own, "steps": STEPS, "eval_every": eval_every, **train}}
    if "finetune" not in config:
        config.pop("init_from", None)
    return TrialSpec.of(config, spec.seeds, spec.corpus)
