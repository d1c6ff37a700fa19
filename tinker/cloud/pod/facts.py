"""What a machine has, as one line of JSON. One file alone: it is sent there before any other code is."""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

GB = 1e9
MEBIBYTE = 1024**2


def cpus(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Cores that this machine may use: a container sees all of its host's, and may have a share of their time."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _words(cgroup / "cpu.max")
    if not quota:
        quota = _words(cgroup / "cpu/cpu.cfs_quota_us") + _words(cgroup / "cpu/cpu.cfs_period_us")
    if len(quota) == 2 and quota[0].isdigit():  # "max", or -1, is no limit
        there = min(there, max(1, math.floor(int(quota[0]) / int(quota[1]))))
    return there


def memory(cgroup: Path = Path("/sys/fs/cgroup"), meminfo: Path = Path("/proc/meminfo")) -> float:
    """In GB, as far as this container may use it."""
    found = re.search(r"MemTotal:\s+(\d+) kB", meminfo.read_text())
    assert found is not None
    limits = [int(found[1]) * 1024]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        limits += [int(word) for word in _words(cgroup / name) if word.isdigit()]
    return min(limits) / GB


def _words(path: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return path.read_text().split()
    return []


def cards() -> dict[str, Any]:
    """Cards, driver, and the highest CUDA version that the driver can do; none of them without a driver."""
    fields = "--query-gpu=name,memory.total,driver_version"
    rows = [row.split(", ") for row in _smi(fields, "--format=csv,noheader,nounits").splitlines() if row.strip()]
    cuda = re.search(r"CUDA (?:\w+ )?Version\s*:\s*(\d+\.\d+)", _smi()) if rows else None
    return {
        "cards": [{"name": name, "memory_gb": round(float(mib) * MEBIBYTE / GB, 1)} for name, mib, _ in rows],
        "driver": rows[0][2] if rows else None,
        "cuda": cuda[1] if cuda else None,
    }


def _smi(*words: str) -> str:
    """What nvidia-smi says; nothing where it is missing or fails."""
    try:
        done = subprocess.run(
            ("nvidia-smi", *words), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def facts() -> dict[str, Any]:
    """As `tinker.cloud.host.Facts`."""
    home = Path(os.environ.get("TINKER_HOME") or Path.home() / "tinker")
    above = next(folder for folder in (home, *home.parents) if folder.exists())
    shm = Path("/dev/shm")
    return {
        "python": platform.python_version(),
        "cpus": cpus(),
        "memory_gb": round(memory(), 1),
        **cards(),
        "shm_gb": round(shutil.disk_usage(shm).free / GB, 2) if shm.exists() else 0.0,
        "disk_gb": round(shutil.disk_usage(above).free / GB, 1),
        "can_delete": not (home / "refused").exists() if "RUNPOD_POD_ID" in os.environ else None,
    }


if __name__ == "__main__":
    print(json.dumps(facts()))
