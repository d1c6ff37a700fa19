"""The client: every answer that is none, what is asked again, and what must never be shown."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests.cloud.api.sent import KEY, ORDER, POD
from tinker.cloud.api import errors
from tinker.cloud.api.client import Api
from tinker.errors import UserError

Answer = Callable[[httpx2.Request], httpx2.Response]


class Service:
    """Gives its answers in turn, the last one for ever; keeps what was asked and how long the client slept."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers, self.asked, self.slept = list(answers), list[httpx2.Request](), list[float]()
        self.api = Api(KEY, "https://runpod.test", transport=httpx2.MockTransport(self), sleep=self.slept.append)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.asked]


def said(status: int, detail: str = "why not", **headers: str) -> httpx2.Response:
    body = {"title": "No", "status": status, "detail": detail, "errors": ["gpu.id: bad"]}
    return httpx2.Response(status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def ok(data: Any, **headers: str) -> httpx2.Response:
    return httpx2.Response(200, json=data, headers=headers)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.NoCapacity),
        (401, errors.BadKey),
        (402, errors.NoFunds),
        (403, errors.Forbidden),
        (413, errors.BadRequest),
        (422, errors.BadRequest),
        (500, errors.Unclear),
        (502, errors.Unclear),
    ],
)
def test_an_order_that_is_refused_is_sent_once_and_says_why(status: int, kind: type[errors.ApiError]) -> None:
    service = Service(said(status))
    with pytest.raises(kind, match=f"POST /v2/pods: RunPod answered {status}: No; why not; gpu.id: bad") as caught:
        service.api.create_pod(ORDER)
    assert type(caught.value) is kind
    assert service.methods == ["POST"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_one_kind_of_error(status: int) -> None:
    with pytest.raises(errors.Refused):
        Service(said(status)).api.pods()


@pytest.mark.parametrize("lost", [httpx2.ReadTimeout("slow"), httpx2.RemoteProtocolError("cut"), httpx2.ReadError("x")])
def test_an_order_whose_answer_is_lost_is_unclear_and_never_sent_again(lost: Exception) -> None:
    service = Service(lost, ok(POD))
    with pytest.raises(errors.Unclear, match="a pod may have come of it"):
        service.api.create_pod(ORDER)
    assert service.methods == ["POST"]


@pytest.mark.parametrize("garbled", [httpx2.Response(201, content=b"<html>"), httpx2.Response(201), ok({}), ok([])])
def test_an_order_whose_answer_makes_no_sense_is_unclear(garbled: httpx2.Response) -> None:
    with pytest.raises(errors.Unclear):
        Service(garbled).api.create_pod(ORDER)


def test_an_order_that_never_left_is_sent_again() -> None:
    service = Service(httpx2.ConnectError("refused"), ok(POD))
    assert service.api.create_pod(ORDER).id == "pod1"
    assert service.methods == ["POST", "POST"]


def test_an_order_is_sent_again_after_a_429_as_late_as_it_says() -> None:
    service = Service(
        said(429, Retry_After="7"), said(429, RateLimit='"minute";r=0;t=12, "day";r=900;t=40000'), ok(POD)
    )
    assert service.api.create_pod(ORDER).id == "pod1"
    assert service.slept == [7, 12]


def test_a_429_without_end_is_an_error_and_its_pauses_are_bounded() -> None:
    service = Service(said(429, Retry_After="999999"))
    with pytest.raises(errors.TooMany):
        service.api.pods()
    assert 5 < len(service.slept) < 30
    assert max(service.slept) <= 120


def test_reading_is_tried_again_after_failures_with_pauses_that_grow() -> None:
    service = Service(said(503), httpx2.ReadTimeout("slow"), httpx2.ConnectError("down"), ok({"pods": [POD]}))
    assert [pod.name for pod in service.api.pods()] == ["fleet-1"]
    assert len(service.slept) == 3
    assert service.slept[0] <= 1 <= 2 <= service.slept[2] <= 4


@pytest.mark.parametrize(
    "broken", [said(500), httpx2.ConnectError("down"), ok({}), ok([]), ok({"pods": None}), httpx2.Response(200)]
)
def test_a_list_that_cannot_be_had_is_an_error_and_never_no_pods(broken: httpx2.Response | Exception) -> None:
    with pytest.raises(errors.Unavailable):
        Service(broken).api.pods()


def test_a_list_is_read_to_its_last_page() -> None:
    more = {"hasNextPage": True, "nextCursor": "c2"}
    service = Service(ok({"pods": [POD], "pagination": more}), ok({"pods": [{**POD, "id": "pod2"}]}))
    assert [pod.id for pod in service.api.pods()] == ["pod1", "pod2"]
    assert [request.url.params.get("cursor") for request in service.asked] == [None, "c2"]


@pytest.mark.parametrize("after", ["same", None])
def test_a_list_without_end_is_an_error(after: str | None) -> None:
    with pytest.raises(errors.Unavailable):
        Service(ok({"pods": [], "pagination": {"hasNextPage": True, "nextCursor": after}})).api.pods()


def test_a_pod_that_is_not_there_is_none_and_deleting_it_is_fine() -> None:
    service = Service(said(404))
    assert service.api.pod("x") is None
    service.api.delete_pod("x")
    assert service.methods == ["GET", "DELETE"]


def test_where_delete_keeps_failing_the_pod_is_terminated_the_other_way() -> None:
    service = Service(*[said(500)] * 5, httpx2.Response(200, json={}))
    service.api.delete_pod("pod1")
    assert service.methods == ["DELETE"] * 5 + ["POST"]
    assert service.asked[-1].url.path == "/v2/pods/pod1/action"
    assert json.loads(service.asked[-1].content) == {"action": "terminate"}


@pytest.mark.parametrize("field", ["id", "name", "status", "cost", "createdAt"])
def test_a_missing_field_is_named_and_unknown_ones_are_let_be(field: str) -> None:
    assert Service(ok({**POD, "new": 1})).api.pod("pod1") is not None
    with pytest.raises(errors.Unavailable, match=f"not understood: '{field}'"):
        Service(ok({key: value for key, value in POD.items() if key != field})).api.pod("pod1")


def test_the_bill_is_the_sum_of_the_records_and_none_without_any() -> None:
    assert Service(ok({"records": []})).api.billed("pod1") is None
    records = [{"totalAmount": 0.25}, {"totalAmount": 1}]
    assert Service(ok({"records": records})).api.billed("pod1") == 1.25


def test_the_clock_is_the_servers_and_is_asked_for_once() -> None:
    service = Service(ok({"pods": []}, Date="Fri, 20 Nov 2026 10:00:00 GMT"))
    first, second = service.api.now(), service.api.now()
    assert 1_795_168_800 <= first <= second < 1_795_168_860
    assert service.methods == ["GET"]


def test_without_a_date_there_is_no_clock() -> None:
    with pytest.raises(errors.Unavailable, match="Date"):
        Service(ok({"pods": []})).api.now()


class Quiet(httpx2.SyncByteStream):
    """Events, and then nothing for too long."""

    def __iter__(self) -> Iterator[bytes]:
        for number in range(3):
            yield f'id: {number}\ndata: {{"source": "container", "line": "step {number}"}}\n\n'.encode()
        raise httpx2.ReadTimeout("quiet")


def _log(tail: int) -> list[str]:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Quiet()))
    return Api(KEY, "https://runpod.test", transport=transport).logs("pod1", tail)


def test_a_log_is_what_was_said_until_it_falls_silent() -> None:
    assert _log(10) == ["step 0", "step 1", "step 2"]
    assert _log(2) == ["step 0", "step 1"]


def test_no_error_shows_the_key_or_the_host_key_though_the_service_quotes_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = ORDER.env["TINKER_HOST_KEY"]
    for answer in (said(422, f"{KEY} {secret}"), said(400, "x" * 380 + secret), httpx2.ReadError(f"Bearer {KEY}")):
        service = Service(answer)
        with pytest.raises(errors.ApiError) as caught:
            service.api.create_pod(ORDER)
        shown = f"{caught.value} {caught.value!r} {caught.value.detail} {service.api!r} {vars(service.api)!r}"
        assert KEY not in shown
        assert secret[:12] not in shown
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", ["", "two words", "rpa_key\n", "schl\u00fcssel"])
def test_what_cannot_be_a_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(UserError, match="is no key") as caught:
        Api(key, "https://runpod.test")
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("address", ["http://api.runpod.io", "ftp://127.0.0.1", "api.runpod.io", "http://127.evil.io"])
def test_the_key_goes_to_no_address_in_clear(address: str) -> None:
    with pytest.raises(UserError, match="no address for a key"):
        Api(KEY, address)


def test_every_call_says_who_asks() -> None:
    service = Service(ok({"pods": []}))
    service.api.pods()
    assert service.asked[0].headers["User-Agent"].startswith("tinker")
    assert service.asked[0].headers["Authorization"] == f"Bearer {KEY}"


def test_pages_that_lead_in_a_circle_are_an_error() -> None:
    pages = [ok({"pods": [], "pagination": {"hasNextPage": True, "nextCursor": cursor}}) for cursor in "abab"]
    service = Service(*pages)
    with pytest.raises(errors.Unavailable, match="has no end"):
        service.api.pods()
    assert len(service.asked) == 3
