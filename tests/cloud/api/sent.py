"""Every call of the client, as it was sent."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import PodOrder

KEY = "rpa_THEACCOUNTKEY0123456789"

ORDER = PodOrder(
    name="fleet-1",
    image="runpod/pytorch",
    card="NVIDIA H100 80GB HBM3",
    count=1,
    cloud="SECURE",
    disk_gb=40,
    env={"TINKER_OWNER": "somebody", "TINKER_HOST_KEY": "c2VjcmV0aG9zdGtleQ=="},
    command=("bash", "-c", "true"),
)
FULL_ORDER = PodOrder(
    **{**vars(ORDER), "data_centers": ("US-TX-3",), "volume": "vol1", "min_cuda": "13.0", "global_networking": True}
)
POD: dict[str, Any] = {
    "id": "pod1",
    "name": "fleet-1",
    "status": "RUNNING",
    "runtime": None,
    "cost": 2.5,
    "createdAt": "2026-11-20T10:00:00Z",
    "gpu": {"id": "NVIDIA H100 80GB HBM3", "count": 1},
}
VOLUME = {"id": "vol1", "name": "v", "size": 10, "dataCenter": "US-TX-3"}
ANSWERS: dict[tuple[str, str], Any] = {
    ("POST", "/v2/pods"): POD,
    ("GET", "/v2/pods"): {"pods": [POD]},
    ("GET", "/v2/pods/pod1"): POD,
    ("GET", "/v2/catalog/gpus"): {"gpus": []},
    ("GET", "/v2/catalog/datacenters"): {"dataCenters": []},
    ("GET", "/v2/network-volumes"): {"networkVolumes": [VOLUME]},
    ("GET", "/v2/billing/pods"): {"records": []},
}


def calls() -> list[tuple[str, str, dict[str, str], Any]]:
    """Method, path, query and body of everything that the client can ask for, second pages and second ways too."""
    sent: list[tuple[str, str, dict[str, str], Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content) if request.content else None
        query = dict(request.url.params)
        sent.append((request.method, request.url.path, query, body))
        if request.method == "DELETE" and "pod1" in request.url.path:
            return httpx2.Response(409)
        data = ANSWERS.get((request.method, request.url.path), {})
        if request.method == "GET" and request.url.path == "/v2/pods" and "cursor" not in query:
            data = {**data, "pagination": {"hasNextPage": True, "nextCursor": "next"}}
        return httpx2.Response(200, json=data)

    api = Api(KEY, "https://runpod.test", transport=httpx2.MockTransport(answer), sleep=lambda _: None)
    api.create_pod(ORDER)
    api.create_pod(FULL_ORDER)
    api.pods()
    api.pod("pod1")
    api.delete_pod("pod1")
    api.cards(2, "COMMUNITY")
    api.data_centers()
    api.volumes()
    api.billed("pod1")
    api.logs("pod1", 20)
    return sent
