"""One call to RunPod and its answer, or the error that tells what to do; asked again where that can do no harm."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

from tinker.cloud.api.again import again
from tinker.cloud.api.answers import said_no
from tinker.cloud.api.clock import ServerClock
from tinker.cloud.api.errors import Unavailable, Unclear
from tinker.cloud.api.redact import redacted, remember
from tinker.cloud.api.stream import lines
from tinker.cloud.extra import require_extra
from tinker.errors import UserError

BASE = "https://api.runpod.io"
BASE_VARIABLE = "RUNPOD_API_BASE_URL"
#: Seconds that an answer may take, and that a log may be quiet.
ANSWER, QUIET = 30.0, 2.0


class Wires:
    """The connection of one key. Arguments are those of `Api`; `clock` is the server's, and `mark` stands for service
    and key where it is written down."""

    def __init__(self, key: str, base_url: str | None, *, transport: Any, sleep: Callable[[float], None]) -> None:
        require_extra()
        import httpx2

        remember(key)
        if not re.fullmatch(r"[!-~]+", key):
            raise UserError(
                "RUNPOD_API_KEY is no key: it is empty, or has spaces or other letters than ASCII; copy it anew"
            )
        self.base_url, self.clock, self._sleep = _address(base_url), ServerClock(), sleep
        self.mark = sha256(f"{self.base_url} {key}".encode()).hexdigest()[:8]
        self._broken, self._silent = httpx2.HTTPError, httpx2.ReadTimeout
        self._not_sent = (httpx2.ConnectError, httpx2.ConnectTimeout)
        self._quiet = httpx2.Timeout(ANSWER, read=QUIET)
        self._client = httpx2.Client(
            base_url=self.base_url,
            headers={"Authorization": f"Bearer {key}", "User-Agent": _agent()},
            timeout=ANSWER,
            transport=transport,
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        missing: bool = False,
        order: bool = False,
    ) -> Any:
        """The JSON of the answer, {} of an empty one. With `missing` a 404 is None; an `order` is sent again only
        where the service has not looked at it.

        Raises:
            ApiError: whatever else came of it.
        """
        return again(lambda: self._once(method, path, query, body, missing, order), self._sleep)

    def events(self, path: str, query: Mapping[str, str], most: int) -> list[str]:
        """The lines of a stream of events: so many, or until it falls silent.

        Raises:
            ApiError: there is none.
        """
        return again(lambda: self._events(path, query, most), self._sleep)

    def _once(self, method: str, path: str, query: Any, body: Any, missing: bool, order: bool) -> Any:
        try:
            answer = self._client.request(method, path, params=query, json=body)
        except self._broken as error:
            raise self._no_answer(f"{method} {path}", error, order) from None
        self.clock.heard(answer.headers)
        if missing and answer.status_code == 404:
            return None
        if not answer.is_success:
            raise said_no(f"{method} {path}", answer, order=order)
        if not answer.content:
            return {}
        with suppress(ValueError):
            return answer.json()
        kind = Unclear if order else Unavailable  # raised out here: the JSON error would carry the whole answer along
        raise kind(f"{method} {path}: RunPod's answer was not understood: it is no JSON")

    def _events(self, path: str, query: Mapping[str, str], most: int) -> list[str]:
        try:
            with self._client.stream("GET", path, params=query, timeout=self._quiet) as answer:
                self.clock.heard(answer.headers)
                if not answer.is_success:
                    answer.read()
                    raise said_no(f"GET {path}", answer, order=False)
                return lines(answer.iter_lines(), most, self._silent)
        except self._broken as error:
            raise self._no_answer(f"GET {path}", error, order=False) from None

    def _no_answer(self, asked: str, error: Exception, order: bool) -> Unclear | Unavailable:
        said = redacted(f"{asked}: no answer from RunPod ({type(error).__name__}: {error})")
        if order and not isinstance(error, self._not_sent):
            return Unclear(f"{said}; a pod may have come of it: `tinker cloud ls` lists them")
        return Unavailable(f"{said}; is this computer online, and {self.base_url} the right address?")


def _address(given: str | None) -> str:
    """Of the service.

    Raises:
        UserError: one to which the key would go in clear.
    """
    address = (given or os.environ.get(BASE_VARIABLE) or BASE).rstrip("/")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    at_home = host in ("localhost", "::1") or re.fullmatch(r"127\.\d+\.\d+\.\d+", host) is not None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and at_home)):
        raise UserError(
            f"{BASE_VARIABLE}: {address!r} is no address for a key: https://..., or http:// on this computer"
        )
    return address


def _agent() -> str:
    """What calls: RunPod wants to know."""
    try:
        return f"tinker/{version('tinker-matrix')}"
    except PackageNotFoundError:  # run from its sources, without having been installed
        return "tinker"
