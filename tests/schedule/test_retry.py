"""Why an attempt ended, from what Ray and torch say; and which trials are tried again, how often and when."""

from __future__ import annotations

import socket

import pytest

from tinker.errors import UserError
from tinker.schedule.executor import Executor
from tinker.schedule.retry import LONGEST_WAIT, LOST_MACHINES, Cause, Tries, of_crash, of_error

#: As Ray 2.60 says it of a worker that its memory monitor has killed.
MONITOR = (
    "Task was killed due to the node running low on memory.\n"
    "Memory on the node (IP: 10.0.0.7, ID: 43f1) where the task was running was 30.4GB / 31.0GB (0.98), which exceeds "
    "the memory usage threshold of 0.95. Ray killed this worker (ID: 5d2a)"
)
RAISED = "Traceback (most recent call last):\n  File 'x.py', line 1\n{}\n"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (MONITOR, "out of memory"),
        ("ray.exceptions.OutOfMemoryError: Task was killed", "out of memory"),
        ("The actor died unexpectedly before finishing this task. Its node was terminated.", "node lost"),
        ("The actor died because its node has died. Node Id: 43f1", "node lost"),
        ("The actor died because its owner has died", "crash"),
        ("Worker unexpectedly exits with a connection error code 2. End of file.", "crash"),
        ("rank 1 was killed by SIGKILL", "crash"),
        ("", "crash"),
    ],
)
def test_what_ray_says_of_a_dead_worker(words: str, kind: str) -> None:
    assert of_crash(words).kind == kind


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", "out of memory"),
        (
            "RuntimeError: [enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory",
            "out of memory",
        ),
        ("MemoryError", "out of memory"),
        ("RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate", "out of memory"),
        ("OSError: [Errno 28] No space left on device: 'last.ckpt'", "disk full"),
        ("ArithmeticError: the plugin is broken", "error"),
    ],
)
def test_what_a_traceback_says(line: str, kind: str) -> None:
    cause = of_error(RAISED.format(line))
    assert (cause.kind, cause.said) == (kind, line)


def test_only_what_may_end_otherwise_is_tried_again() -> None:
    again = {kind: Cause(kind, "").again for kind in ("crash", "out of memory", "node lost", "time-out")}
    assert all(again.values())
    assert not Cause("error", "").again
    assert not Cause("disk full", "").again
    assert Cause("out of memory", "").alone
    assert not Cause("crash", "").alone


def test_a_lost_machine_does_not_use_a_trials_own_tries_up() -> None:
    tries, lost, crash = Tries(), Cause("node lost", ""), Cause("crash", "")
    for _ in range(LOST_MACHINES):
        tries = tries.after(lost)
    assert tries.allows(lost, 0)
    assert not tries.after(lost).allows(lost, 0)
    assert Tries().after(crash).allows(crash, 1)
    assert not Tries().after(crash).after(crash).allows(crash, 1)


def test_waits_double_up_to_the_longest() -> None:
    waits = [Tries(own=own).wait for own in range(1, 10)]
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert max(waits) == LONGEST_WAIT


def test_a_cluster_that_nobody_answers_for_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port}")
    with (
        pytest.raises(UserError, match=r"the cluster at RAY_ADDRESS=127.0.0.1:\d+ did not answer"),
        Executor() as executor,
    ):
        while executor.capacity is None:
            executor.poll(1.0)
