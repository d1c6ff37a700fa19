"""Ray's Jobs REST API (docs.ray.io), as far as a run needs it: by a Unix socket that leads there, or an address."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
import stamina

from tinker.cloud.host import Unreachable
from tinker.errors import FAILED, UserError

stamina.instrumentation.set_on_retry_hooks(())  # or each attempt is a warning on the screen
#: A head is up before its Jobs API is: it answers 5xx for some seconds.
ATTEMPTS = 6
#: Of a job that will not change any more.
OVER = ("SUCCEEDED", "FAILED", "STOPPED")


class Jobs:
    """The API of one head.

    Args:
        way: a socket, the head's address (`http://host:port`), or a transport of a test.
        token: Ray's; None where the cluster asks for none.
    """

    def __init__(self, way: Path | str | httpx2.BaseTransport, token: str | None) -> None:
        transport = None if isinstance(way, str) else way
        self._client = httpx2.Client(
            base_url=way if isinstance(way, str) else "http://head",
            transport=httpx2.HTTPTransport(uds=str(transport)) if isinstance(transport, Path) else transport,
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
            timeout=30.0,
            trust_env=False,
        )

    def submit(self, argv: Sequence[str], id: str, environment: Mapping[str, Any] | None = None) -> None:
        """Starts a job, unless one of that id was started before.

        Args:
            environment: Ray's `runtime_env` of the job and of its workers.

        Raises:
            UserError: Ray does not take it.
            Unreachable: no answer; the job may have started, and asking again does no harm.
        """
        asked: dict[str, Any] = {"entrypoint": shlex.join(argv), "submission_id": id}
        answer = self._ask("POST", "/api/jobs/", asked | ({"runtime_env": dict(environment)} if environment else {}))
        if answer.is_success or self.status(id) is not None:  # an id that is there already is refused
            return
        raise UserError(f"Ray did not take the job {id}: HTTP {answer.status_code}", exit_code=FAILED)

    def status(self, id: str) -> str | None:
        """PENDING, RUNNING, STOPPED, SUCCEEDED or FAILED; None where there is no such job."""
        told = self.about(id)
        return None if told is None else str(told["status"])

    def about(self, id: str) -> dict[str, Any] | None:
        """What Ray says of a job: `status`, `message`, `driver_exit_code` and more; None where there is none."""
        answer = self._ask("GET", f"/api/jobs/{id}")
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return None
        if not answer.is_success:
            raise UserError(f"Ray does not say how the job {id} is: HTTP {answer.status_code}", exit_code=FAILED)
        told: dict[str, Any] = answer.json()
        return told

    def output(self, id: str) -> str:
        """What a job has said so far.

        Raises:
            Unreachable: Ray cannot read it now, as in the middle of a character.
        """
        answer = self._ask("GET", f"/api/jobs/{id}/logs")
        if not answer.is_success:
            raise Unreachable(f"Ray does not hand over what the job {id} said: HTTP {answer.status_code}")
        return str(answer.json()["logs"])

    def put(self, name: str, data: bytes) -> str:
        """Hands a zip over to the cluster's own store, unless it is there; returns its URI for a `runtime_env`.

        Raises:
            UserError: Ray does not take it.
        """
        path = f"/api/packages/gcs/{name}"
        if not self._ask("GET", path).is_success:
            answer = self._ask("PUT", path, data=data)
            if not answer.is_success:
                raise UserError(
                    f"Ray did not take {len(data) / 1e6:.1f} MB of files: HTTP {answer.status_code}", exit_code=FAILED
                )
        return f"gcs://{name}"

    def get(self, path: str) -> httpx2.Response:
        """Any answer of the dashboard's.

        Raises:
            Unreachable: there is none.
        """
        return self._ask("GET", path)

    def stop(self, id: str) -> None:
        """Ends a job at once."""
        self._ask("POST", f"/api/jobs/{id}/stop")

    def forget(self, id: str) -> None:
        """Removes a job that is over from the cluster's list."""
        self._ask("DELETE", f"/api/jobs/{id}")

    def close(self) -> None:
        self._client.close()

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, data: bytes | None = None
    ) -> httpx2.Response:
        try:
            for attempt in stamina.retry_context(on=_worth_another, attempts=ATTEMPTS, wait_initial=0.2, wait_max=3.0):
                with attempt:
                    answer = self._client.request(method, path, json=body, content=data)
                    if answer.status_code in (502, 503, 504):
                        raise _NotYetError
            return answer
        except (httpx2.TransportError, _NotYetError) as error:
            raise Unreachable(f"Ray's Jobs API did not answer: {error or type(error).__name__}") from None


class _NotYetError(Exception):
    """The head is still coming up."""

    def __str__(self) -> str:
        return "it is not up yet"


def _worth_another(error: Exception) -> bool:
    return isinstance(error, httpx2.TransportError | _NotYetError)
