"""What this machine is, asked of the operating system; None where it does not say."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

SECONDS = 10.0  # a driver that hangs must not hang the run


@cache
def cpu_model() -> str:
    """The CPU's name, such as `AMD EPYC 9B14`; the architecture where there is no name (ARM Linux)."""
    if platform.system() == "Darwin":
        return output("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    try:
        named = re.search(r"^model name\s*:\s*(\S.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        named = None
    return named[1].strip() if named else platform.machine()


def cores() -> int:
    """CPU cores that this process may use: as many trials of one thread run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def nvidia_driver() -> str | None:
    """The version of the NVIDIA driver."""
    lines = (output("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader") or "").splitlines()
    return lines[0].strip() if lines else None


def output(*command: str, folder: Path | None = None) -> str | None:
    """What a command prints, without the newline at its end; None where it is missing, fails or hangs."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, *command[1:]], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.decode(errors="replace").removesuffix("\n") if done.returncode == 0 else None
