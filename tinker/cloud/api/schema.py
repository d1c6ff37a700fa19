"""What may be sent to RunPod, as JSON schemas of our own: every call that tinker makes, and no other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]

WORD: Schema = {"type": "string", "minLength": 1}
WORDS: Schema = {"type": "array", "items": WORD}
CLOUD: Schema = {"enum": ["SECURE", "COMMUNITY"]}
#: Values of a query are text.
NUMBER: Schema = {"type": "string", "pattern": "^[1-9][0-9]*$"}


def _exactly(properties: Mapping[str, Schema], *optional: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


MOUNT = _exactly({"volumeId": WORD, "path": {"type": "string", "pattern": "^/"}})
GPU = _exactly(
    {
        "id": WORD,
        "count": {"type": "integer", "minimum": 1, "maximum": 8},
        "minCudaVersion": {"type": "string", "pattern": r"^\d+\.\d+$"},
    },
    "minCudaVersion",
)
ORDER = _exactly(
    {
        "name": WORD,
        "image": WORD,
        "gpu": GPU,
        "cloud": CLOUD,
        "globalNetworking": {"type": "boolean"},
        "disk": {"type": "integer", "minimum": 1},
        "ports": {"type": "array", "items": {"type": "string", "pattern": "^[0-9]+/(tcp|http)$"}},
        "env": {"type": "object", "additionalProperties": {"type": "string"}},
        "entrypoint": WORDS,
        "cmd": WORDS,
        "dataCenterIds": WORDS,
        "mounts": _exactly({"network": {"type": "array", "items": MOUNT, "minItems": 1, "maxItems": 1}}),
    },
    "dataCenterIds",
    "mounts",
)


@dataclass(frozen=True)
class Request:
    """A call: its method, its path with `{id}` for a pod's or a volume's, the query that it may have, and its body.

    A query's parameters may all be left out. None is no body.
    """

    method: str
    path: str
    query: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """Of the paths that are meant."""
        return re.compile(re.escape(self.path).replace(r"\{id\}", "[^/]+"))


PAGES: Mapping[str, Schema] = {"limit": NUMBER, "cursor": WORD}
REQUESTS = (
    Request("POST", "/v2/pods", body=ORDER),
    Request("GET", "/v2/pods", PAGES),
    Request("GET", "/v2/pods/{id}"),
    Request("DELETE", "/v2/pods/{id}"),
    Request("POST", "/v2/pods/{id}/action", body=_exactly({"action": {"const": "terminate"}})),
    Request("GET", "/v2/pods/{id}/logs", {"source": {"enum": ["container", "system"]}, "tail": NUMBER}),
    Request(
        "GET",
        "/v2/catalog/gpus",
        {"include": {"const": "AVAILABILITY"}, "product": {"const": "POD"}, "count": NUMBER, "cloud": CLOUD, **PAGES},
    ),
    Request("GET", "/v2/catalog/datacenters", PAGES),
    Request("GET", "/v2/network-volumes", PAGES),
    Request("GET", "/v2/billing/pods", {"podId": WORD}),
)


def request_of(method: str, path: str) -> Request | None:
    """The call of that method and path; None where there is no such call."""
    found = (request for request in REQUESTS if request.method == method and request.pattern.fullmatch(path))
    return next(found, None)


def problems(method: str, path: str, query: Mapping[str, str], body: Any, *, exact: bool = False) -> list[str]:
    """What is wrong with a call; empty where nothing is. A body of None is none.

    RunPod lets parameters be that it does not know: without a word, so that a typing error shows in nothing. With
    `exact` they are wrong.
    """
    from jsonschema import Draft202012Validator

    request = request_of(method, path)
    if request is None:
        return [f"{method} {path}: no such call"]
    known = query if exact else {key: value for key, value in query.items() if key in request.query}
    asked: dict[str, tuple[Schema, Any]] = {"query": (_exactly(request.query, *request.query), dict(known))}
    if request.body is not None:
        asked["body"] = request.body, body
    elif body is not None:
        return [f"{method} {path}: takes no body"]
    return [
        ".".join([part, *map(str, error.absolute_path)]) + f": {error.message}"
        for part, (schema, value) in asked.items()
        for error in Draft202012Validator(schema).iter_errors(value)
    ]
