"""What the ranks of a trial say to one another. In a process without others each function is the identity.

Every rank calls these in the same order, or all wait until the process group gives up.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

T = TypeVar("T")

#: What carries tensors that lie on the CPU and on the device.
BACKEND = {"cpu": "gloo", "cuda": "cpu:gloo,cuda:nccl"}


def count() -> int:
    """How many ranks there are."""
    return dist.get_world_size() if _together() else 1


def rank() -> int:
    """Which one this is, from 0 on."""
    return dist.get_rank() if _together() else 0


def agreed(answer: bool) -> bool:
    """The answer of rank 0: what only its clock or its hooks know."""
    if not _together():
        return answer
    told = torch.tensor([answer], dtype=torch.uint8)
    dist.broadcast(told, src=0)
    return bool(told)


def shared(value: T) -> T:
    """The value of rank 0, pickled."""
    if not _together():
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0, device=torch.device("cpu"))
    return box[0]


def mean(value: Tensor) -> Tensor:
    """The mean over all ranks, the same bits on each. A GPU does not wait for it."""
    if not _together():
        return value
    total = value.clone()
    dist.all_reduce(total)
    return total / dist.get_world_size()


@contextmanager
def joined(rank: int, count: int, accelerator: str, meeting: Path) -> Iterator[None]:
    """Makes this process a rank of a trial.

    The ranks meet in a file of this machine, and talk over its loopback: no port is open to others.

    Args:
        meeting: the file; new for each trial, in a folder that exists.
    """
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    for library in ("GLOO", "NCCL"):
        os.environ[f"{library}_SOCKET_IFNAME"] = loopback
    if accelerator == "cuda":
        torch.cuda.set_device(rank)
    dist.init_process_group(BACKEND[accelerator], init_method=meeting.as_uri(), rank=rank, world_size=count)
    try:
        yield
    finally:
        dist.destroy_process_group()


def _together() -> bool:
    return dist.is_available() and dist.is_initialized()
