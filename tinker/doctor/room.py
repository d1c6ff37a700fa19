"""Room: to write results, and for Ray to share memory."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tinker.doctor.finding import Finding
from tinker.schedule.cluster import OBJECT_STORE_BYTES

GIBIBYTE = 2**30
#: A checkpoint at scale `reference` is 130 MB (weights and two moments, fp32): enough for some trials.
WANTED_BYTES = 2 * GIBIBYTE


def results_folder(results: Path) -> Finding:
    """Whether results can be written, and how much."""
    folder = results.absolute()
    while not folder.exists():
        folder = folder.parent
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".tinker-doctor-"):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        advice = "name a folder that you may write to with --results"
        return Finding("results", "missing", f"{results} cannot be written: {error.strerror}", advice)
    found = f"{results}, {free / GIBIBYTE:.1f} GiB free"
    if free < WANTED_BYTES:
        return Finding("results", "warning", found, "little room for checkpoints; checkpoint.keep=none keeps none")
    return Finding("results", "ok", found)


def shared_memory(folder: Path = Path("/dev/shm")) -> Finding:
    """Ray keeps objects in shared memory; in a container there may be too little of it."""
    if not folder.is_dir():
        return Finding("shared memory", "ok", f"no {folder} on {sys.platform}: Ray uses files")
    free = shutil.disk_usage(folder).free
    found = f"{folder}, {free / GIBIBYTE:.1f} GiB free"
    if free < OBJECT_STORE_BYTES:
        advice = f"Ray wants {OBJECT_STORE_BYTES // 2**20} MiB and falls back to slow files: docker run --shm-size=1g"
        return Finding("shared memory", "warning", found, advice)
    return Finding("shared memory", "ok", found)
