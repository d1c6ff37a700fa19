"""Every call of the client is as the schemas say, and these are as RunPod's own description says."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.api.sent import ORDER, calls
from tinker.cloud.api.schema import REQUESTS, problems, request_of

OPENAPI = os.environ.get("RUNPOD_OPENAPI", "")
#: Seen in later copies of RunPod's documentation than the description of August 2026: orders take these as arrays, and
#: every list has pages.
NEWER = {"body.cmd", "body.entrypoint", "query.limit", "query.cursor"}


def test_every_call_of_the_client_is_allowed() -> None:
    wrong = {
        f"{method} {path}": problems(method, path, query, body, exact=True) for method, path, query, body in calls()
    }
    assert not any(wrong.values()), wrong


def test_every_schema_is_of_a_call_that_the_client_makes() -> None:
    made = [request_of(method, path) for method, path, _, _ in calls()]
    assert [f"{request.method} {request.path}" for request in REQUESTS if request not in made] == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"gpuTypeId": "x"}, "gpuTypeId"),
        ({"cloud": "secure"}, "body.cloud"),
        ({"gpu": {"id": "x", "count": 0}}, "body.gpu.count"),
        ({"gpu": {"id": "x", "count": 1, "type": "y"}}, "body.gpu"),
        ({"env": {"A": 1}}, "body.env.A"),
        ({"cmd": "true"}, "body.cmd"),
        ({"ports": ["22"]}, "body.ports.0"),
        ({"mounts": {"network": [{"volumeId": "v"}]}}, "body.mounts.network.0"),
        ({"mounts": {"network": [], "persistent": {}}}, "body.mounts"),
    ],
)
def test_an_order_with_a_wrong_field_is_told_so(change: dict[str, Any], named: str) -> None:
    found = problems("POST", "/v2/pods", {}, {**ORDER.body(), **change})
    assert found
    assert any(named in problem for problem in found)


def test_an_order_without_its_cloud_is_wrong_because_the_default_costs_double() -> None:
    body = ORDER.body()
    del body["cloud"]
    assert problems("POST", "/v2/pods", {}, body) == ["body: 'cloud' is a required property"]


def test_stopping_a_pod_is_no_call_of_ours() -> None:
    assert problems("POST", "/v2/pods/x/action", {}, {"action": "stop"})


def test_unknown_paths_and_bodies_where_none_belongs_are_wrong() -> None:
    assert problems("GET", "/v2/templates", {}, None) == ["GET /v2/templates: no such call"]
    assert problems("PATCH", "/v2/pods/x", {}, {}) == ["PATCH /v2/pods/x: no such call"]
    assert problems("DELETE", "/v2/pods/x", {}, {}) == ["DELETE /v2/pods/x: takes no body"]


def test_unknown_parameters_are_let_be_as_by_the_service_unless_exactness_is_asked_for() -> None:
    assert problems("GET", "/v2/pods", {"lmit": "1"}, None) == []
    assert problems("GET", "/v2/pods", {"lmit": "1"}, None, exact=True)
    assert problems("GET", "/v2/pods", {"limit": "many"}, None)


@pytest.mark.skipif(not OPENAPI, reason="RUNPOD_OPENAPI names no OpenAPI description of RunPod's API v2")
def test_calls_and_their_fields_are_in_runpods_own_description() -> None:
    described = json.loads(Path(OPENAPI).read_text())
    paths = {re.sub(r"\{\w+\}", "{id}", path): methods for path, methods in described["paths"].items()}
    missing = set()
    for request in REQUESTS:
        operation = paths[request.path][request.method.lower()]
        known = {f"query.{_resolved(described, each)['name']}" for each in operation.get("parameters", ())}
        if request.body is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            known |= set(_fields(described, schema, "body"))
        ours = {f"query.{name}" for name in request.query} | set(_fields({}, request.body or {}, "body"))
        missing |= ours - known
    assert missing <= NEWER, missing - NEWER


def _resolved(described: Any, schema: Any) -> Any:
    while "$ref" in schema:
        found = described
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _fields(described: Any, schema: Any, path: str) -> Iterator[str]:
    """Dotted names of all fields of a schema."""
    schema = _resolved(described, schema)
    for part in schema.get("allOf", ()):
        yield from _fields(described, part, path)
    if "items" in schema:
        yield from _fields(described, schema["items"], path)
    for name, each in schema.get("properties", {}).items():
        yield f"{path}.{name}"
        yield from _fields(described, each, f"{path}.{name}")
