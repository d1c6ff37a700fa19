"""RunPod's REST API v2 (docs.runpod.io/api-reference-v2), as far as tinker uses it.

What only reads or deletes is tried again after a failure, with growing pauses; an order never is, since the one whose
answer was lost may have been carried out. Too many calls are answered with 429, which says when to come again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from tinker.cloud.api import read
from tinker.cloud.api.errors import BadRequest, Unavailable, Unclear
from tinker.cloud.api.redact import remember
from tinker.cloud.api.wire import Card, Cloud, DataCenter, Pod, PodOrder, Volume
from tinker.cloud.api.wires import BASE, BASE_VARIABLE, Wires

__all__ = ["BASE", "BASE_VARIABLE", "Api"]

#: Entries of a page.
PAGE = 100
#: Of a pod's environment: what nobody else may read. Errors of the service may quote it.
PRIVATE = ("TINKER_HOST_KEY",)


class Api:
    """The account of one key.

    Args:
        base_url: None is what RUNPOD_API_BASE_URL says, or RunPod's own.
        transport: of httpx2, in place of the network.
        sleep: for pauses.

    Raises:
        UserError: a key or an address that cannot be one, or the packages that this needs are not there.
    """

    def __init__(
        self,
        key: str,
        base_url: str | None = None,
        *,
        transport: Any = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wires = Wires(key, base_url, transport=transport, sleep=sleep)
        self.base_url, self.mark = self._wires.base_url, self._wires.mark

    def __repr__(self) -> str:
        return f"Api({self.base_url!r})"

    def now(self) -> float:
        """The server's clock, seconds since 1970: as its last answer said, and the time since.

        Raises:
            Unavailable: it does not say.
        """
        if self._wires.clock.now() is None:
            self.pods()
        now = self._wires.clock.now()
        if now is None:
            raise Unavailable("RunPod's answers have no Date, by which rented time is counted")
        return now

    def create_pod(self, order: PodOrder) -> Pod:
        """Orders a pod; it bills from now on.

        Raises:
            NoCapacity, Forbidden: another candidate may do.
            Unclear: nobody knows whether there is a pod; look its name up.
            ApiError: anything else; there is no pod.
        """
        for name in PRIVATE:
            remember(order.env.get(name, ""))
        answer = self._wires.call("POST", "/v2/pods", body=order.body(), order=True)
        try:
            return read.pod(answer)
        except Unavailable as error:
            raise Unclear(str(error)) from None

    def pods(self) -> list[Pod]:
        """All pods of the account. A list that cannot be had is an error, never no pods."""
        found = []
        for each in self._all("/v2/pods", "pods"):
            try:
                found.append(read.pod(each))
            except Unavailable:
                if read.may_be_ours(each):
                    raise  # else somebody else's odd pod would keep ours from being found and deleted
        return found

    def pod(self, id: str) -> Pod | None:
        """One pod; None where there is none of that id, or not yet."""
        found = self._wires.call("GET", f"/v2/pods/{id}", missing=True)
        return None if found is None else read.pod(found)

    def delete_pod(self, id: str) -> bool:
        """Ends a pod for good; one that is gone already is as well. Where DELETE fails, by the other way that there is.

        Returns:
            Whether there was one. A new pod may not be found yet.

        Raises:
            ApiError: neither way worked.
        """
        try:
            found = self._wires.call("DELETE", f"/v2/pods/{id}", missing=True)
        except (Unavailable, BadRequest):
            found = self._wires.call("POST", f"/v2/pods/{id}/action", body={"action": "terminate"}, missing=True)
        return found is not None

    def cards(self, count: int, cloud: Cloud) -> list[Card]:
        """The catalog of GPU types, with what is free of pods with so many cards in that cloud."""
        query = {"include": "AVAILABILITY", "product": "POD", "count": str(count), "cloud": cloud}
        return [read.card(each) for each in self._all("/v2/catalog/gpus", "gpus", query)]

    def data_centers(self) -> list[DataCenter]:
        """All data centers."""
        return [read.data_center(each) for each in self._all("/v2/catalog/datacenters", "dataCenters")]

    def volumes(self) -> list[Volume]:
        """The account's network volumes."""
        return [read.volume(each) for each in self._all("/v2/network-volumes", "networkVolumes")]

    def billed(self, pod_id: str) -> float | None:
        """What a pod has cost by the records of the service, USD; None where it has none yet."""
        return read.billed(self._wires.call("GET", "/v2/billing/pods", query={"podId": pod_id}))

    def logs(self, pod_id: str, tail: int) -> list[str]:
        """The last lines that a pod's container has said. Two quiet seconds end the stream, or nothing would."""
        return self._wires.events(f"/v2/pods/{pod_id}/logs", {"source": "container", "tail": str(tail)}, tail)

    def _all(self, path: str, key: str, query: Mapping[str, str] | None = None) -> list[Any]:
        """Every page of a list."""
        found: list[Any] = []
        seen: set[str] = set()
        asked = {**(query or {}), "limit": str(PAGE)}
        while True:
            data = self._wires.call("GET", path, query=asked)
            found += read.listed(data, key)
            after = read.next_page(data)
            if after is None:
                return found
            if after in seen:
                raise Unavailable(f"RunPod's list {path} has no end: it leads back to a page that was read")
            seen.add(after)
            asked["cursor"] = after
