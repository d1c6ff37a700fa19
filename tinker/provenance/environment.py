"""The environment of a trial: everything about the machine and the libraries that a reader of its row may ask for.

`environment` is the long form, on the row. `environment_class` is the short one, in the path of the row: what may
change a trial's numbers without being asked for. torch is imported only when `environment` is called.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

from tinker.errors import UserError
from tinker.provenance.git import git_state
from tinker.provenance.hardware import cpu_model, nvidia_driver
from tinker.provenance.rented import rented

ACCELERATORS = ("cpu", "gpu", "cuda", "mps")  # `gpu` is CUDA where there is some, else MPS, as Lightning has it
LIBRARIES = (
    "tinker-matrix",
    "bitsandbytes",
    "kernels",  # from which bitsandbytes takes some of its own
    "lightning",
    "numpy",
    "peft",
    "pytorch-optimizer",
    "ray",
    "safetensors",
    "schedulefree",
    "tokenizers",
)
#: Words of a model's name that tell nothing apart: "(R)", "CPU", "@ 2.20GHz", "96-Core".
_NOISE = re.compile(r"\([^)]*\)|@.*|\b(cpu|processor|\d+-core)\b", re.IGNORECASE)


def environment(
    accelerator: str, threads: int, precision: str, backend: str, devices: int = 1, strategy: str = "auto"
) -> dict[str, Any]:
    """The environment of a trial that runs in this process with these settings.

    The machine's name is left out: rows are published. `places` tells machines apart all the same: a hash of the host's
    name, or on CUDA of each card's UUID. `rented` is None on a machine of one's own (`tinker.provenance.rented`).

    Args:
        accelerator: cpu, gpu, cuda or mps; on a GPU the first that this process sees.
        threads: CPU threads of one trial.
        precision: as in the config (`fp32`).
        backend: the attention kernels that were resolved (`eager`, `sdpa`).
        devices: ranks of the trial, each with one; on a GPU all are taken for alike.
        strategy: how several ranks share the work (`ddp`, `fsdp`).

    Raises:
        UserError: an accelerator that is unknown, or that torch does not see.
    """
    chosen: dict[str, Any] = {"threads": threads, "precision": precision, "backend": backend}
    if devices > 1:
        chosen["ranks"] = {"count": devices, "strategy": strategy}
    places = {"places": _places(accelerator, devices)}
    return {**deepcopy(_machine(accelerator)), **chosen, **places, "git": deepcopy(git_state()), "rented": rented()}


def environment_class(env: Mapping[str, Any]) -> str:
    """A folder name such as `cpu-amd-epyc-avx512-torch2.13-t1-3fa9c1`.

    The hash at its end covers the device's full name and capability, torch's major and minor version, the threads, the
    attention backend, and the ranks where there are several; nothing else, so that a machine keeps its class over
    edits, drivers and patch releases.
    """
    device, torch_minor = env["device"], ".".join(env["torch"].split(".")[:2])
    decisive = [device["type"], device["name"], device["capability"], torch_minor, env["threads"], env["backend"]]
    ranks = env.get("ranks")
    if ranks:
        decisive += [ranks["count"], ranks["strategy"]]
    digest = hashlib.sha256(repr(decisive).encode()).hexdigest()[:6]
    words = re.findall(r"[a-z0-9]+", _NOISE.sub(" ", device["name"]).lower())[:3]
    # A GPU's name says its capability, a CPU's does not.
    capability = [device["capability"].lower()] if device["type"] == "cpu" else []
    shape = [f"t{env['threads']}", *([f"{ranks['count']}{ranks['strategy']}"] if ranks else [])]
    return "-".join([device["type"], *words, *capability, f"torch{torch_minor}", *shape, digest])


@cache
def _machine(accelerator: str) -> dict[str, Any]:
    """What does not change while a process runs."""
    import torch

    return {
        "device": _device(accelerator),
        "torch": str(torch.__version__),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]  # untyped in torch
        "driver": nvidia_driver(),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "os": platform.platform(),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _places(accelerator: str, devices: int) -> list[str]:
    """What it has for itself, unless another trial is there too."""
    import torch

    names = [platform.node()]
    if accelerator in ("gpu", "cuda") and torch.cuda.is_available():
        seen = min(devices, torch.cuda.device_count())
        names = [str(torch.cuda.get_device_properties(card).uuid) for card in range(seen)]
    return [hashlib.sha256(name.encode()).hexdigest()[:8] for name in names]


def _device(accelerator: str) -> dict[str, Any]:
    import torch

    if accelerator not in ACCELERATORS:
        raise UserError(f"train.accelerator: {accelerator!r} is unknown; allowed: {', '.join(ACCELERATORS)}")
    if accelerator == "cpu":
        return {"type": "cpu", "name": cpu_model(), "capability": torch.backends.cpu.get_cpu_capability()}
    if accelerator != "mps" and torch.cuda.is_available():
        found = torch.cuda.get_device_properties(0)
        capability, memory = f"{found.major}.{found.minor}", found.total_memory
        return {"type": "cuda", "name": found.name, "capability": capability, "memory_bytes": memory}
    if accelerator != "cuda" and torch.backends.mps.is_available():
        return {"type": "mps", "name": cpu_model(), "capability": platform.machine()}
    raise UserError(
        f"train.accelerator: {accelerator!r} was asked for, but torch {torch.__version__} sees none here; "
        "use train.accelerator=cpu, or mend the driver (`tinker doctor` says more)"
    )


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
