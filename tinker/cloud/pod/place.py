"""Where everything lies on a machine that runs for home."""

from __future__ import annotations

import os
from pathlib import Path

#: In it: code/ (packages tinker and model), work/ (where the run is), data/, results/, venv/, and files whose existence
#: or age says something: heartbeat, busy, unfetched, refused, exit.
HOME = Path(os.environ.get("TINKER_HOME") or Path.home() / "tinker")
CODE, WORK, DATA, VENV = HOME / "code", HOME / "work", HOME / "data", HOME / "venv"
RESULTS = Path(os.environ.get("TINKER_RESULTS") or HOME / "results")
LOG, TOKEN, EXIT, RUN_PID = HOME / "run.log", HOME / "token", HOME / "exit", HOME / "run.pid"
HEARTBEAT, BUSY, UNFETCHED, REFUSED = HOME / "heartbeat", HOME / "busy", HOME / "unfetched", HOME / "refused"
RAY, GUEST, RENTED = HOME / "ray.json", HOME / "guest.json", HOME / "rented.json"
#: What home's git said of the code; it comes and goes with it.
GIT = CODE / "git.json"
PYTHON = VENV / "bin" / "python"
