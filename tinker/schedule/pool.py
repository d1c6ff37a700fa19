"""Ray Tune as an executor of work items, in a process of its own that is fed through a pipe. `executor.py` starts it.

Tune's own persistence, restoring, retries, loggers and reporters are off: ids, store, order and retries are ours. Items
come in one by one and outcomes go out, on actors that are reused; what they mean this process does not know.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

# Ray reads these when it is imported.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's 15 starves trials beside any other work on the machine
os.environ.setdefault("RAY_CHDIR_TO_TRIAL_DIR", "0")
os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")
os.environ.setdefault("TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S", "3600")
os.environ.setdefault("TUNE_RESULT_BUFFER_LENGTH", "0")
os.environ.setdefault("TUNE_MAX_PENDING_TRIALS_PG", "200")
os.environ.setdefault("TUNE_GLOBAL_CHECKPOINT_S", str(10**9))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's, which would have one for each core in every worker

import ray
from ray import tune

from tinker.collector import uncollected
from tinker.schedule.cluster import ray_cluster
from tinker.schedule.courier import Reached
from tinker.schedule.places import Asked
from tinker.schedule.tune_session import Session

if TYPE_CHECKING:
    from tinker.schedule.mirror import Mirror
    from tinker.schedule.work import Outcome, WorkItem


class TrialActor(tune.Trainable):
    """One warm process that executes work items one after another."""

    _mirror: tuple[str, Mirror] | None = None
    _execute: Callable[[WorkItem, Mirror | None], list[Outcome]] | None = None

    def setup(self, config: dict[str, Any]) -> None:
        data = json.loads(config["item"])
        # Before torch comes, which counts the machine's cores, and for the processes that a trial starts.
        threads = str(data["specs"][0]["config"]["train"]["threads"])
        os.environ.update(OMP_NUM_THREADS=threads, TORCHINDUCTOR_COMPILE_THREADS=threads)
        if self._execute is None:
            with uncollected():  # not between trials, whose garbage would stay
                from tinker.schedule.worker import execute  # brings torch, which only workers need
            self._execute = execute
        from tinker.schedule.work import WorkItem

        self.item, self.home = WorkItem.from_dict(data), config["home"]
        if Path(self.item.folder).is_dir():  # not so on another machine, where nothing relative is meant
            os.chdir(self.item.folder)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        assert self._execute is not None
        mirror = self._mirror_if_far()
        item = mirror.take(self.item) if mirror else self.item
        return {"outcomes": [outcome.as_dict() for outcome in self._execute(item, mirror)], "done": True}

    def _mirror_if_far(self) -> Mirror | None:
        """Where the driver's results are not to be seen from here; the same one as long as the driver is the same."""
        from tinker.schedule.mirror import Mirror, scratch, sees_the_driver
        from tinker.schedule.work import driver_of

        if sees_the_driver(self.item):
            return None
        driver = driver_of(self.item)
        if self._mirror is None or self._mirror[0] != driver:
            self.cleanup()
            self._mirror = driver, Mirror(Reached(self.item.results, driver, self.home), scratch())
        return self._mirror[1]

    def cleanup(self) -> None:
        if self._mirror is not None:
            self._mirror[1].end()


def serve(pipe: Connection, scratch: Path) -> None:
    """The life of the process: Ray up, then one session after another, until the parent closes the pipe or dies.

    What it writes is in `scratch`, which is the parent's to remove.
    """
    from tinker.errors import UserError
    from tinker.schedule.executor import LOG

    os.setsid()  # Ctrl-C in a terminal is the parent's to handle, and Ray's processes stay in one group
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor = os.open(scratch / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    sessions: queue.SimpleQueue[Session | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, sessions, scratch), daemon=True).start()
    try:
        with ray_cluster() as capacity:
            pipe.send(("up", asdict(capacity)))
            while (session := sessions.get()) is not None:
                session.run(scratch)
                pipe.send(("over",))
    except UserError as error:
        pipe.send(("broken", str(error)))
    except (BrokenPipeError, OSError):
        _orphaned(scratch)


def _listen(pipe: Connection, sessions: queue.SimpleQueue[Session | None], scratch: Path) -> None:
    """Takes the parent's messages. When the parent is gone, so is this process, and Ray with it."""
    session: Session | None = None
    while True:
        try:
            word, *rest = pipe.recv()
        except (EOFError, OSError):
            _orphaned(scratch)
        if word == "begin":
            session = Session(pipe, TrialActor)
            sessions.put(session)
        elif word == "close":
            sessions.put(None)
        elif session is not None and word == "item":
            session.inbox.put(Asked(*rest))
        elif session is not None and word == "kill":
            session.kill(rest[0])
        elif session is not None and word == "end":
            session.ended.set()


def _orphaned(scratch: Path) -> NoReturn:
    """The parent is gone: nobody else is left to remove that."""
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)


__all__ = ["TrialActor", "ray", "serve"]
