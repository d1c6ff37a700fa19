"""The calls of API v2 that tinker makes, as the fake answers them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from tinker.cloud.api.schema import problems, request_of
from tinker.cloud.fake.account import Account
from tinker.cloud.fake.answers import Answer, Json, Refused, page
from tinker.cloud.fake.catalog import data_centers
from tinker.cloud.fake.pods import FakePod

Query = Mapping[str, str]


def answer(account: Account, method: str, path: str, query: Query, body: Any, pod: FakePod | None) -> Answer:
    """Of one call; `pod` is the one whose own key came with it, None for the account's.

    Raises:
        Refused: no.
    """
    account.tick()
    faults = account.faults
    if (wait := faults.take("too_many")) is not None:
        raise Refused(429, "rate limit exceeded", Retry_After=f"{wait:g}")
    if request_of(method, path) is None:
        raise Refused(404, "resource not found")
    if errors := problems(method, path, query, body):
        raise Refused(422, "Request validation failed.", errors)
    parts = path.split("/")[2:]
    if pod is not None and (parts[:2] != ["pods", pod.id] or faults.take("pod_key_refused") is not None):
        raise Refused(403, "access denied")
    match (method, *parts):
        case ("POST", "pods"):
            return _order(account, body)
        case ("GET", "pods"):
            now = account.clock.now()
            return page([each.shown(now) for each in account.visible()], "pods", query)
        case ("GET", "pods", id):
            return Answer(200, _pod(account, id).shown(account.clock.now()))
        case ("DELETE", "pods", id):
            return _delete(account, id, "delete_fails")
        case ("POST", "pods", id, "action"):
            return _delete(account, id, "terminate_fails")
        case ("GET", "pods", id, "logs"):
            return Answer(200, stream=_log(account, _pod(account, id), int(query.get("tail", "100"))))
        case ("GET", "catalog", "gpus"):
            stocked = query.get("include") == "AVAILABILITY" and query.get("product") == "POD"
            rows = account.catalog.gpus(int(query.get("count", "1")), query.get("cloud", "SECURE"), stocked)
            return page(rows, "gpus", query)
        case ("GET", "catalog", "datacenters"):
            return page(data_centers(), "dataCenters", query)
        case ("GET", "billing", "pods"):
            return _billing(account, query.get("podId"))
        case ("GET", "network-volumes"):
            return page(list(account.volumes.values()), "networkVolumes", query)
    raise Refused(404, "resource not found")


def _order(account: Account, body: Json) -> Answer:
    faults, card = account.faults, body["gpu"]["id"]
    if faults.take("no_funds", card) is not None:
        raise Refused(402, "insufficient balance")
    if faults.take("forbidden", card) is not None:
        raise Refused(403, "access denied")
    pod = account.order(body)
    if faults.take("created_but_500", card) is not None:
        raise Refused(500, "internal error")
    return Answer(201, pod.shown(account.clock.now()), lost=faults.take("lost_answer", card) is not None)


def _pod(account: Account, id: str) -> FakePod:
    for pod in account.visible():
        if pod.id == id:
            return pod
    raise Refused(404, "pod not found")


def _delete(account: Account, id: str, fault: str) -> Answer:
    pod = _pod(account, id)
    if account.faults.take(fault) is not None:
        raise Refused(500, "internal error")
    account.delete(pod.id)
    return Answer(204)


def _billing(account: Account, id: str | None) -> Answer:
    records: list[Json] = []
    for each in account.meter.pods:
        if id in (None, each):
            usd = account.meter.usd(each)
            records.append({"podId": each, "totalAmount": usd, "gpuAmount": usd, "cpuAmount": 0, "diskAmount": 0})
    usd = sum(float(record["totalAmount"]) for record in records)
    totals = {"totalAmount": usd, "gpuAmount": usd, "cpuAmount": 0, "diskAmount": 0}
    metadata = {"query": {}, "recordCount": len(records), "uniquePodCount": len(records), "totals": totals}
    return Answer(200, {"records": records, "metadata": metadata})


def _log(account: Account, pod: FakePod, tail: int) -> Iterator[str]:
    """The last lines, and then what comes, until the pod is deleted."""
    given = max(0, len(pod.machine.lines()) - tail)
    while True:
        lines = pod.machine.lines()
        yield from lines[given:]
        given = len(lines)
        if pod.status is not None:
            return
        time.sleep(0.1)
