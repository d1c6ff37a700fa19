"""A private Ray has no process that nobody asks for anything; one that others started is left as it is."""

from __future__ import annotations

import os
import subprocess
import sys

CODE = """
import psutil
from tinker.schedule.cluster import ray_cluster
with ray_cluster() as capacity:
    assert capacity.fits(1.0, 0.0) >= 1
    for process in psutil.Process().children(recursive=True):
        print(process.cmdline()[:4])  # the rest names the programs that it may start
"""


def test_a_private_ray_is_small() -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "raylet" in done.stdout
    assert "gcs_server" in done.stdout
    for spared in ("dashboard/dashboard.py", "monitor.py", "log_monitor.py", "default_worker.py"):
        assert spared not in done.stdout
