"""What a fleet has cost, written where the tables of its grid find it; and what RunPod says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tinker.cloud.api.client import Api
from tinker.cloud.api.errors import ApiError
from tinker.cloud.ledger import Account, Ledger
from tinker.store import rented

#: A record of the service counts as the bill once it says at least this share of what the clock says: they come late,
#: and piece by piece.
WHOLE = 0.98


def settle_bills(api: Api, ledger: Ledger) -> None:
    """Takes over what the service says that pods have cost which are gone, where it says it by now."""
    for pod in list(ledger.account.pods.values()):
        if pod.open or pod.pod_id is None or pod.usd_billed is not None:
            continue
        try:
            usd = api.billed(pod.pod_id)
        except ApiError:
            return  # the clock's figures stand meanwhile
        if usd is not None and usd >= WHOLE * pod.usd(0.0):
            ledger.write("billed", name=pod.name, usd=usd)


def write_costs(account: Account, now: float) -> None:
    """Into `results/<grid>/rented/` of the results that the fleet was rented for."""
    about = account.about
    had = [pod for pod in account.pods.values() if pod.pod_id is not None]
    if not had:
        return
    pods = tuple(
        rented.Pod(
            name=pod.name,
            pod_id=pod.pod_id or "",
            data_center=pod.data_center,
            image=pod.image,
            usd_per_hour=pod.usd_per_hour,
            seconds=pod.seconds(now),
            usd=pod.cost(now),
            billed=pod.usd_billed is not None,
        )
        for pod in had
    )
    fleet = rented.Rented(
        fleet=about["name"],
        card=had[-1].card,
        gpus=about["fleet"]["gpus_per_pod"],
        since=_iso(min(pod.since for pod in had)),
        until=None if account.open else _iso(max(pod.until or 0.0 for pod in had)),
        usd=account.usd(now),
        billed=all(pod.billed for pod in pods),
        pods=pods,
    )
    rented.write_rented(Path(about["results"]), about["grid"], fleet)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
