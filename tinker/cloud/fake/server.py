"""The fake's HTTP: keys, sizes, headers, and the record of calls."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tinker.cloud.fake.account import Account
from tinker.cloud.fake.answers import Answer, Refused
from tinker.cloud.fake.calls import answer

#: Of a request's body, bytes.
LARGEST = 102_400
QUOTA = 60


@dataclass(frozen=True)
class Call:
    """A request that came in. `by` is the pod whose key it came with; None is the account's, or no good one."""

    method: str
    path: str
    by: str | None
    status: int

    @property
    def pod_id(self) -> str | None:
        """The pod that it is about."""
        parts = self.path.split("/")
        return parts[3] if parts[2:3] == ["pods"] and len(parts) > 3 else None


class Server(ThreadingHTTPServer):
    """On a free port of loopback, or on that one."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, account: Account, key: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.account, self.key = account, key
        self.calls: list[Call] = []
        self.lock = threading.RLock()
        self.closing = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""

    def answer(self, handler: Handler, raw: bytes) -> Answer:
        """Of one request, and its entry in the record."""
        url = urlsplit(handler.path)
        with self.lock:
            self.account.clock.called()
            by = None
            try:
                by = self._who(handler.headers.get("Authorization") or "")
                if len(raw) > LARGEST:
                    raise Refused(413, f"request body exceeds {LARGEST} bytes")
                pod = None if by is None else self.account.pods[by]
                found = answer(self.account, handler.command, url.path, dict(parse_qsl(url.query)), _json(raw), pod)
            except Refused as refused:
                found = refused.answer
            self.calls.append(Call(handler.command, url.path, by, found.status))
            return found

    def _who(self, header: str) -> str | None:
        kind, _, key = header.partition(" ")
        if kind != "Bearer" or not key:
            raise Refused(401, "missing bearer token")
        if key == self.key:
            return None
        for pod in self.account.living():
            if pod.key == key:
                return pod.id
        raise Refused(401, "invalid bearer token")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer would wait 40 ms for the acknowledgement of its headers
    server: Server

    def _respond(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = self.server.answer(self, raw)
        if found.lost:
            self.close_connection = True
            return
        self.send_response(found.status)
        left = QUOTA - len(self.server.calls) % QUOTA
        self.send_header("RateLimit", f'"minute";r={left};t=60')
        self.send_header("RateLimit-Policy", f'"minute";q={QUOTA};w=60')
        if found.stream is not None:
            self._stream(found)
            return
        body = b"" if found.body is None else json.dumps(found.body).encode()
        for name, value in {"Content-Type": "application/json", **found.headers}.items():
            self.send_header(name, value)
        if found.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _respond  # noqa: N815

    def _stream(self, found: Answer) -> None:
        """Server-sent events, until the client or the fake goes."""
        self.close_connection = True
        for name, value in {"Content-Type": "text/event-stream", "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        assert found.stream is not None
        with suppress(OSError):
            for number, line in enumerate(found.stream):
                if self.server.closing:
                    return
                data = json.dumps({"source": "container", "line": line, "ts": self.date_time_string()})
                self.wfile.write(f"id: {number}\ndata: {data}\n\n".encode())

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header goes by the fake's clock."""
        return super().date_time_string(self.server.account.clock.now() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _json(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        raise Refused(400, "malformed JSON") from None
