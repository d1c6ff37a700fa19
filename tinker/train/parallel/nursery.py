"""Where ranks are born: a process that has imported what they need, and forks.

`python -m tinker.train.parallel.nursery`, started by `rank.py` with a socket as its stdin. Importing torch and
Lightning takes seconds, and a worker that runs one trial after another pays for it once. Nothing is ever computed here:
each rank is a copy of a process that has only imported, and starts CUDA and its threads itself.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn


def main() -> None:
    """Answers until the other end is closed: three descriptors ask for a rank, a number for that rank's exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C reaches the whole group: who started it will say when
        signal.signal(number, signal.SIG_IGN)
    door = socket.socket(fileno=os.dup(0))
    import torch

    from tinker.train.parallel.rank_process import be_a_rank

    assert not torch.cuda.is_initialized(), "CUDA does not survive a fork"  # type: ignore[no-untyped-call]
    with suppress(BrokenPipeError, ConnectionResetError):  # who started it was killed
        _answer(door, be_a_rank)


def _answer(door: socket.socket, be_a_rank: Callable[[], NoReturn]) -> None:
    while True:
        request, descriptors, _, _ = socket.recv_fds(door, 64, 3)
        if not request:
            return
        if not descriptors:
            _, status = os.waitpid(int(request), 0)
            door.sendall(str(os.waitstatus_to_exitcode(status)).encode())
            continue
        child = os.fork()
        if child == 0:
            door.close()
            for place, descriptor in enumerate(descriptors):
                os.dup2(descriptor, place)
                os.close(descriptor)
            be_a_rank()
        for descriptor in descriptors:
            os.close(descriptor)
        door.sendall(str(child).encode())


if __name__ == "__main__":
    main()
