"""The start-up command of a pod: its keeper, packed, so that a bare image needs nothing but Python."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

#: Of a whole order, as the API takes it, bytes.
LIMIT = 102_400
#: Finds the door under its name and the keeper as the program.
UNPACK = """
import base64, json, sys, types, zlib
door, keeper = json.loads(zlib.decompress(base64.b64decode('PACKED')))
module = sys.modules['tinker.cloud.pod.door'] = types.ModuleType('tinker.cloud.pod.door')
exec(compile(door, 'door.py', 'exec'), module.__dict__)
exec(compile(keeper, 'keeper.py', 'exec'))
"""


def command() -> tuple[str, ...]:
    """The container's entrypoint and its arguments."""
    sources = [Path(__file__).with_name(name).read_text() for name in ("door.py", "keeper.py")]
    packed = base64.b64encode(zlib.compress(json.dumps(sources).encode(), 9)).decode()
    find = "command -v python3 >/dev/null || timeout 600 sh -c 'apt-get update && apt-get install -y python3'"
    return ("bash", "-c", f'{find}; exec python3 -u -c "{UNPACK.replace("PACKED", packed)}"')
