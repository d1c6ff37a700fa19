"""What is rented, in a table: fleets with their pods, and what each costs."""

from __future__ import annotations

import json
from typing import Any

from tinker.cloud.account import api
from tinker.cloud.ledger import Ledger
from tinker.cloud.reap import WORDS, look, release
from tinker.cloud.state import State
from tinker.errors import UserError


def listing(*, as_json: bool, closed: bool) -> str:
    """Pods by the account's own list, and fleets by their ledgers; with `closed` those that are given back too.

    Raises:
        UserError: RunPod could not be asked.
    """
    service, state = api(), State()
    found = look(service, state)
    release(found)
    now = service.now()
    pods: list[dict[str, Any]] = [
        {
            "pod": each.mine.pod.name,
            "id": each.mine.pod.id,
            "fleet": each.mine.fleet,
            "status": each.mine.pod.status,
            "card": each.mine.pod.card,
            "cards": each.mine.pod.count,
            "data_center": each.mine.pod.data_center,
            "usd_per_hour": each.mine.pod.usd_per_hour,
            "minutes_left": None if each.mine.deadline is None else round((each.mine.deadline - now) / 60, 1),
            "standing": each.standing,
        }
        for each in found
    ]
    fleets: list[dict[str, Any]] = []
    damaged: list[str] = []
    for folder in state.fleets():
        try:
            account = Ledger(folder.ledger).account
        except UserError as error:
            damaged.append(f"{folder.name}  {error}")
            continue
        if account.about and (closed or account.open or not account.closed):
            about = account.about
            fleets.append(
                {
                    "fleet": folder.name,
                    "grid": about["grid"],
                    "results": about["results"],
                    "state": "closed" if account.closed else "open",
                    "usd": round(account.usd(now), 4),
                    "max_usd": about["fleet"]["max_usd"],
                }
            )
    if as_json:
        return json.dumps({"pods": pods, "fleets": fleets, "damaged": damaged}, indent=2)
    lines = damaged + [
        f"{f['fleet']}  {f['grid']}  {f['state']}  ${f['usd']:.2f} of at most ${f['max_usd']:g}  {f['results']}"
        for f in fleets
    ]
    for pod in pods:
        left = "no deadline" if pod["minutes_left"] is None else f"{pod['minutes_left']:.0f} min left"
        place = f" {pod['data_center']}" if pod["data_center"] else ""
        lines.append(
            f"  {pod['pod']}  {pod['id']}  {pod['status']}  {pod['cards']} x {pod['card']}{place}  "
            f"${pod['usd_per_hour']:.2f}/h  {left}: {WORDS[pod['standing']]}"
        )
    return "\n".join(lines) or "nothing is rented"
