"""Starts the ranks of a trial, listens to them, and sees to it that all end when one does.

Each rank is a process of this machine, born for this trial (`nursery.py`), with Ray or without: a trial's worker asks
Ray for all its devices at once and starts the ranks on them itself. Nothing of a trial can leak into the next, a rank
that hangs in a collective can be killed, and a worker that is killed takes its ranks along.
"""

from __future__ import annotations

import logging
import math
import os
import queue
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import psutil
import torch

from tinker.errors import UserError
from tinker.spec import TrialSpec
from tinker.train.parallel.rank import Error, Heard, Rank, RankDied, bear

#: Seconds between two questions whether to stop; for the others to follow a rank that failed; to end after the last
#: word.
ASK_EVERY, FOLLOW, END = 0.1, 5.0, 30.0

#: How the folders begin in which ranks meet; the number of the process that made one follows.
SCRATCH = "tinker-ranks-"


class RankFailed(Exception):  # noqa: N818 - it is what has happened
    """A rank raised; the text is its traceback, and ends with the exception's own line."""


def on_ranks(
    task: Literal["train", "probation"],
    spec: TrialSpec,
    folder: Path,
    progress: Callable[[int, int], None] = lambda step, steps: None,
    should_stop: Callable[[], bool] = lambda: False,
    alive: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Runs a task on as many ranks as the spec asks for; returns what it gave on rank 0, as plain data.

    `progress`, `should_stop` and `alive` are called in this thread, some times a second.

    Raises:
        UserError: as the task raises it, or too few GPUs here.
        RankFailed: a rank raised anything else.
        RankDied: a rank was killed.
    """
    train = spec.config["train"]
    count: int = train["devices"]
    if train["accelerator"] == "cuda" and count > torch.cuda.device_count():
        raise UserError(
            f"train.devices: {count} ranks need a GPU each, this process sees {torch.cuda.device_count()}; lower "
            "train.devices, or run it where they are"
        )
    _sweep()
    scratch = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-"))
    job = {
        "task": task,
        "spec": spec.as_dict(),
        "folder": str(folder.resolve()),
        "ranks": count,
        "meeting": str(scratch / "meeting"),
        "cwd": str(Path.cwd()),
        "environment": dict(os.environ),
    }
    heard: Heard = queue.Queue()
    ranks: list[Rank] = []
    try:
        jobs = [{**job, "rank": rank} for rank in range(count)]
        ranks = bear(jobs, [scratch / f"stderr-{rank}" for rank in range(count)], heard)
        return _supervise(ranks, heard, progress, should_stop, alive)
    finally:
        for rank in ranks:
            rank.end()
        shutil.rmtree(scratch, ignore_errors=True)


def _sweep() -> None:
    """Removes what processes that were killed have left in the folder for temporary files."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"):
        owner = folder.name.removeprefix(SCRATCH).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _supervise(
    ranks: list[Rank],
    heard: Heard,
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
    alive: Callable[[], None],
) -> dict[str, Any]:
    result: dict[str, Any] | None = None
    talking, stopping, end = set(ranks), False, math.inf
    while talking and time.monotonic() < end:
        if not stopping and should_stop():
            stopping = True
            ranks[0].tell("stop")
        try:
            rank, message = heard.get(timeout=ASK_EVERY)
        except queue.Empty:
            continue
        if message is None:
            talking.discard(rank)
            rank.has_ended()
        elif message["kind"] == "progress":
            progress(message["step"], message["steps"])
        elif message["kind"] == "alive":
            alive()
        elif message["kind"] == "log":
            logging.getLogger(message["name"]).log(message["level"], "%s", message["text"])
        elif message["kind"] == "error":
            rank.error = Error(message["text"], message["mendable"], message["time"])
        elif message["result"] is not None:
            result = message["result"]
        if end == math.inf and (rank.error.text or rank.silent or result is not None):
            end = time.monotonic() + (END if result is not None else FOLLOW)
    _raise_the_cause(ranks)
    if result is None:
        raise RankDied("all ranks ended without a result")
    return result


def _raise_the_cause(ranks: list[Rank]) -> None:
    """When one rank goes, the others fail for want of it: told is the one that went first.

    A rank that was killed said nothing, so the others' errors are about it; but one that aborts may do so since NCCL
    does that when another has raised.
    """
    silent = [rank.silent for rank in ranks if rank.silent]
    killed = [text for text in silent if signal.Signals.SIGABRT.name not in text.splitlines()[0]]
    first = min(ranks, key=lambda rank: rank.error.time)
    if killed:
        logging.getLogger(__name__).error("%s", killed[0])  # Ray tells nobody why it lost a worker
        raise RankDied(killed[0])
    if first.error.mendable:
        raise UserError(first.error.text)
    if first.error.text:
        raise RankFailed(f"rank {first.rank} of {len(ranks)}:\n{first.error.text.rstrip()}")
    if silent:
        raise RankDied(silent[0])
