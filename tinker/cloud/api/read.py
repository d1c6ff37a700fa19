"""From RunPod's JSON to our values. Fields that we do not know are let be; one that is missing is an error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tinker.cloud.api.errors import Unavailable
from tinker.cloud.api.wire import Card, DataCenter, Endpoint, Pod, Stock, Volume

Json = Mapping[str, Any]


def pod(data: Json) -> Pod:
    """A `Pod` of the description."""
    data = _mapping(data)
    direct = _mapping(data.get("ssh") or {}).get("direct")
    network = _mapping(data.get("globalNetworking") or {})
    gpu = _mapping(data.get("gpu") or {})
    created = _of(data, "createdAt", str)
    return Pod(
        id=_of(data, "id", str),
        name=_of(data, "name", str),
        status=_of(data, "status", str),
        started=bool(data.get("runtime")),
        ssh=_endpoint(direct) if direct else None,
        usd_per_hour=float(_of(data, "cost", (int, float))),
        card=gpu.get("id", ""),
        count=gpu.get("count", 0),
        image=data.get("image") or "",
        cloud=data.get("cloud") or "",
        data_center=data.get("dataCenterId"),
        cuda=data.get("cudaVersion"),
        address=network.get("ip") if network.get("enabled") else None,
        created=_seconds(created),
        env=data.get("env") or {},
    )


def may_be_ours(data: Any) -> bool:
    """Whether a pod that cannot be read may be one of tinker's, by its name."""
    name = data.get("name") if isinstance(data, Mapping) else None
    return not isinstance(name, str) or name.startswith("tinker-")


def card(data: Json) -> Card:
    """A `GpuType`. What a cloud does not have is not in `price`."""
    data = _mapping(data)
    price, most = _of(data, "price", Mapping), _of(data, "maxCount", Mapping)
    clouds = [cloud for cloud in ("secure", "community") if data.get(cloud, True) and price.get(cloud)]
    return Card(
        id=_of(data, "id", str),
        name=data.get("name") or data["id"],
        memory_gb=int(_of(data, "memory", (int, float))),
        price={cloud: float(price[cloud]) for cloud in clouds},
        most={cloud: int(most.get(cloud, 0)) for cloud in clouds},
        level=data.get("availability") or "NONE",
        stock=tuple(
            Stock(_of(each, "id", str), each.get("availability", "NONE")) for each in data.get("dataCenters") or ()
        ),
    )


def data_center(data: Json) -> DataCenter:
    """A `DataCenter`."""
    data = _mapping(data)
    return DataCenter(_of(data, "id", str), data.get("name") or data["id"], bool(data.get("globalNetwork")))


def volume(data: Json) -> Volume:
    """A `NetworkVolume`."""
    data = _mapping(data)
    return Volume(
        _of(data, "id", str), data.get("name") or "", int(_of(data, "size", (int, float))), _of(data, "dataCenter", str)
    )


def listed(data: Any, key: str) -> list[Any]:
    """The entries of a list. One that cannot be read is an error, and never an empty list."""
    found: list[Any] = _of(_mapping(data), key, list)
    return found


def next_page(data: Json) -> str | None:
    """The cursor of the page after this one of a list; None where it is the last, or lists have no pages."""
    page = _mapping(data.get("pagination") or {})
    if not page.get("hasNextPage"):
        return None
    cursor: str = _of(page, "nextCursor", str)
    return cursor


def billed(data: Any) -> float | None:
    """The sum of billing records, USD; None of none."""
    records = listed(data, "records")
    return sum(float(_of(_mapping(each), "totalAmount", (int, float))) for each in records) if records else None


def _endpoint(direct: Any) -> Endpoint:
    direct = _mapping(direct)
    return Endpoint(_of(direct, "host", str), _of(direct, "port", int), _of(direct, "username", str))


def _mapping(data: Any) -> Json:
    if not isinstance(data, Mapping):
        raise _strange(f"{type(data).__name__} where an object should be")
    return data


def _seconds(text: str) -> float:
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise _strange(f"createdAt {text!r}") from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _of(data: Json, key: str, kind: Any) -> Any:
    value = data.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _strange(f"{key!r} is {type(value).__name__ if key in data else 'missing'}")
    return value


def _strange(what: str) -> Unavailable:
    return Unavailable(f"RunPod's answer was not understood: {what}; its API may have changed since tinker was written")
