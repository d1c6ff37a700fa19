"""One side of a measurement, in a process of its own: it trains so many steps whenever it is told to.

`python -m tinker.schedule.measured.side`, started by `sides.py`. The first line on stdin is the job: specs that
differ in their seeds alone, trained as one program where there are several. It answers `{}` when it can begin. Each
further line is a number of steps; the answer says how long they took, the work of a GPU included, and the peak of its
memory. What comes before the first step is part of that one. Nothing is written, and it ends with its stdin.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, TextIO

import torch

from tinker.spec import TrialSpec
from tinker.train.fused.run import run_replicates
from tinker.train.trial import Hooks


class Blocks(logging.Handler):
    """Waits for a number before each block of steps, and answers after it.

    As a handler of logs it hears why replicates are trained one after another, where they are.
    """

    def __init__(self, accelerator: str, replicates: int, answers: TextIO) -> None:
        super().__init__(logging.WARNING)
        self.accelerator, self.answers = accelerator, answers
        self.steps = [0] * replicates
        self._why = ""
        self._left = 0

    def emit(self, record: logging.LogRecord) -> None:
        self._why = record.getMessage()

    def step(self, replicate: int, step: int, steps: int) -> None:
        """As `Hooks.progress` of that replicate; the first one's steps count."""
        self.steps[replicate] = step
        if replicate:
            return
        if step > 1 and min(self.steps) < step - 1:
            self.answer({"refused": self._why or "they are trained one after another"})
            sys.exit(0)
        self._left -= 1
        if not self._left:
            peak = self._waited()
            self.answer({"seconds": perf_counter() - self._began, "peak_mem_bytes": peak})
            self.wait()

    def wait(self) -> None:
        """Until the next block is asked for."""
        line = sys.stdin.readline()
        if not line:
            sys.exit(0)
        self._left, self._began = int(line), perf_counter()

    def answer(self, what: dict[str, Any]) -> None:
        """One line."""
        print(json.dumps(what), file=self.answers, flush=True)

    def _waited(self) -> int | None:
        """Lets the device come to its end; the peak of its memory, where it can be asked."""
        if self.accelerator == "cuda":
            torch.cuda.synchronize()
            return int(torch.cuda.max_memory_allocated())
        if self.accelerator == "mps":
            torch.mps.synchronize()
        return None


def main() -> None:
    """Trains until stdin ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    specs = [TrialSpec.from_dict(each) for each in json.loads(sys.stdin.readline())]
    numbers, blocks = range(len(specs)), Blocks(specs[0].config["train"]["accelerator"], len(specs), answers)
    logging.getLogger("tinker.train.fused.run").addHandler(blocks)
    blocks.answer({})
    blocks.wait()
    # Folders in which nothing can be written: no step of these trials is to leave anything behind.
    folders = [Path(os.devnull, str(number)) for number in numbers]
    run_replicates(specs, folders, [Hooks(partial(blocks.step, number)) for number in numbers])
    blocks.answer({"diverged": blocks.steps[0]})  # nothing else ends a trial of so many steps


if __name__ == "__main__":
    main()
