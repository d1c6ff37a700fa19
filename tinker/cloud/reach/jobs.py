"""Ray's Jobs REST API (docs.ray.io), as far as a run needs it, through a Unix socket that leads there."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import stamina

from tinker.cloud.host import Unreachable
from tinker.errors import FAILED, UserError

stamina.instrumentation.set_on_retry_hooks(())  # or each attempt is a warning on the screen
#: A head is up before its Jobs API is: it answers 5xx for some seconds.
ATTEMPTS = 6


class Jobs:
    """The API of one head.

    Args:
        way: a socket, or a transport of a test.
    """

    def __init__(self, way: Path | httpx2.BaseTransport, token: str) -> None:
        self._client = httpx2.Client(
            base_url="http://head",
            transport=httpx2.HTTPTransport(uds=str(way)) if isinstance(way, Path) else way,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30.0,
            trust_env=False,
        )

    def submit(self, argv: Sequence[str], id: str) -> None:
        """Starts a job, unless one of that id was started before.

        Raises:
            UserError: Ray does not take it.
            Unreachable: no answer; the job may have started, and asking again does no harm.
        """
        asked = {"entrypoint": shlex.join(argv), "submission_id": id}
        answer = self._ask("POST", "/api/jobs/", asked)
        if answer.is_success or self.status(id) is not None:  # an id that is there already is refused
            return
        raise UserError(f"Ray did not take the job {id}: HTTP {answer.status_code}", exit_code=FAILED)

    def status(self, id: str) -> str | None:
        """PENDING, RUNNING, STOPPED, SUCCEEDED or FAILED; None where there is no such job."""
        answer = self._ask("GET", f"/api/jobs/{id}")
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return None
        if not answer.is_success:
            raise UserError(f"Ray does not say how the job {id} is: HTTP {answer.status_code}", exit_code=FAILED)
        return str(answer.json()["status"])

    def stop(self, id: str) -> None:
        """Ends a job at once."""
        self._ask("POST", f"/api/jobs/{id}/stop")

    def close(self) -> None:
        self._client.close()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        try:
            for attempt in stamina.retry_context(on=_worth_another, attempts=ATTEMPTS, wait_initial=0.2, wait_max=3.0):
                with attempt:
                    answer = self._client.request(method, path, json=body)
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
