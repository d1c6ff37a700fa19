"""Answers home on a machine: `python -m tinker.cloud.pod.agent WORD ...` over SSH, from code/.

An answer is one line of JSON, or bytes; a failure one line on stderr and an exit code that is not 0.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tinker.cloud.pod import guest, knock, place, ray_part, signs
from tinker.errors import UserError


def answer(word: str, rest: list[str]) -> Any:
    """What is to be printed, as JSON or as it is where it is bytes; None for nothing.

    Raises:
        UserError: it cannot be done, or is no word of ours.
    """
    match word, rest:
        case "fingerprint", []:
            from tinker.cloud.pod.tree import fingerprint

            return fingerprint(place.CODE)
        case "mark", []:
            return place.RENTED.write_bytes(sys.stdin.buffer.read()) and None
        case "install", []:
            from tinker.cloud.pod.install import install

            for line in install(sys.stdin.read()):
                print(line, flush=True)
            return None
        case "listen", [address, port]:
            return knock.listen(address, int(port))
        case "reach", [address, port]:
            return knock.reach(address, int(port))
        case "ray", []:
            return ray_part.start(json.load(sys.stdin))
        case "watch", [deadline, idle]:
            return guest.watch(float(deadline), float(idle))
        case "cluster", []:
            return _cluster()
        case "begin", []:
            return signs.begin()
        case "beat", []:
            return signs.beat()
        case "log", [start]:
            return signs.log(int(start))
        case "stop", []:
            return signs.stop()
        case "all-home", []:
            return signs.all_home()
        case "ship", []:
            from tinker.cloud.pod.ship import ship

            return ship(sys.stdin.buffer.read())
        case "stops", []:
            from tinker.cloud.pod.ship import stops

            return stops(sys.stdin.buffer.read())
    raise UserError(f"{word} with {len(rest)} arguments is no word of the agent")


def _cluster() -> dict[str, Any]:
    """The way into Ray's Jobs API, for home alone: its port on this machine's loopback, and the token."""
    known = ray_part.running()
    if known is None or known["jobs"] is None:
        raise UserError("no head of a Ray cluster runs here")
    return {"jobs": known["jobs"], "token": place.TOKEN.read_text(), "python": str(place.PYTHON)}


def main() -> None:
    try:
        said = answer(sys.argv[1], sys.argv[2:])
    except (UserError, OSError) as error:
        print(str(error).replace("\n", " "), file=sys.stderr)
        sys.exit(1)
    if isinstance(said, bytes):
        sys.stdout.buffer.write(said)
    elif said is not None:
        print(json.dumps(said))


if __name__ == "__main__":
    main()
