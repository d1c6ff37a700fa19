"""The client against a real server on loopback: what the HTTP library itself does, logs and raises."""

from __future__ import annotations

import json
import logging
import socket
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.cloud.api.sent import KEY, ORDER, POD
from tinker.cloud.api import errors
from tinker.cloud.api.client import Api

HOST_KEY = ORDER.env["TINKER_HOST_KEY"]


class Server:
    """Says `answer` to everything: a status and a body, or cuts the line for None. Keeps what was asked."""

    def __init__(self) -> None:
        self.answer: tuple[int, str] | None = None
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def say(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.asked.append(f"{self.command} {self.path}")
                if server.answer is None:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, body = server.answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST = do_DELETE = say  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        self.api = Api(KEY, f"http://127.0.0.1:{self.http.server_address[1]}", sleep=lambda _: None)

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def _all_of(error: BaseException | None) -> str:
    """Whatever may be printed of an error and of those behind it, the ones that are not shown by default too."""
    shown = []
    while error is not None:
        shown += [*traceback.format_exception(error), repr(error), repr(vars(error)), repr(error.args)]
        error = error.__cause__ or error.__context__
    return "\n".join(shown)


def test_an_order_whose_line_is_cut_is_unclear_and_was_sent_once(server: Server) -> None:
    with pytest.raises(errors.Unclear):
        server.api.create_pod(ORDER)
    assert server.asked == ["POST /v2/pods"]


def test_an_order_that_nobody_takes_was_not_sent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pauses: list[float] = []
    with pytest.raises(errors.Unavailable) as caught:
        Api(KEY, f"http://127.0.0.1:{port}", sleep=pauses.append).create_pod(ORDER)
    assert not isinstance(caught.value, errors.Unclear)
    assert len(pauses) == 4


def test_reading_and_deleting_go_on_after_cut_lines(server: Server) -> None:
    with pytest.raises(errors.Unavailable):
        server.api.pods()
    assert server.asked == ["GET /v2/pods?limit=100"] * 5
    server.asked.clear()
    with pytest.raises(errors.Unavailable):
        server.api.delete_pod("pod1")
    assert server.asked == ["DELETE /v2/pods/pod1"] * 5 + ["POST /v2/pods/pod1/action"] * 5


def test_a_redirection_is_not_followed_since_the_key_would_go_along(server: Server) -> None:
    server.answer = (307, "")
    with pytest.raises(errors.BadRequest):
        server.api.pods()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        (200, f"no JSON: {KEY} {HOST_KEY}"),
        (200, json.dumps([KEY, HOST_KEY])),
        (400, json.dumps({"title": KEY, "detail": HOST_KEY, "errors": [KEY]})),
        (401, f"<html>{'x' * 390}{KEY}</html>"),
        (422, json.dumps({"title": "No", "errors": {KEY: HOST_KEY}})),
        (422, json.dumps({"title": "No", "errors": HOST_KEY})),
        (503, f"key={KEY}&other={HOST_KEY}"),
    ],
)
def test_no_error_and_no_log_record_has_the_key(
    server: Server, answer: tuple[int, str] | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answer = answer
    for ask in (lambda: server.api.create_pod(ORDER), server.api.pods, lambda: server.api.logs("pod1", 5)):
        try:
            ask()
        except errors.ApiError as error:
            shown = _all_of(error)
            assert KEY[:12] not in shown
            assert HOST_KEY not in shown
    assert len(caplog.records) > 5  # the library does log
    assert all(KEY not in record.getMessage() and KEY not in repr(record.args) for record in caplog.records)


def test_nothing_is_printed_by_an_answer_that_is_fine(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    server.answer = (200, json.dumps({"pods": [POD]}))
    assert [pod.name for pod in server.api.pods()] == ["fleet-1"]
    assert capfd.readouterr() == ("", "")
