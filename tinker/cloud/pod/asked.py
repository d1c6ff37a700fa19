"""Runs one command for home as a Ray job: `INPUT COMMAND...`, INPUT in base64 or `-` for the file `input` beside it.

One file alone: it is the job's command line. The answer is one line of JSON among what Ray writes there.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path


def main() -> None:
    given, *command = sys.argv[1:]
    data = Path("input").read_bytes() if given == "-" else base64.b64decode(given)
    done = subprocess.run(command, input=data, capture_output=True)
    said = [line.strip() for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    output = base64.b64encode(done.stdout).decode()
    answer = {"tinker": 1, "code": done.returncode, "error": "".join(said[-1:]), "output": output}
    print(f"\n{json.dumps(answer)}", flush=True)


if __name__ == "__main__":
    main()
