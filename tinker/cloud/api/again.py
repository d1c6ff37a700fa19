"""Asking again: growing pauses with chance in them after a failure, and what the service says itself after a 429."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from tinker.cloud.api.errors import ApiError, TooMany, Unavailable

if TYPE_CHECKING:
    from tenacity import RetryCallState

#: So often something is asked for that may be asked for again; after a 429, which the service has not looked at.
ATTEMPTS = 5
PATIENT = 15
#: Longest pause, seconds; of those that we choose and of those that the service asks for.
OURS, THEIRS = 20.0, 120.0

T = TypeVar("T")


def again(call: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """What the call returns, as soon as it does. It says itself what is worth another try: `Unavailable`, `TooMany`.

    Raises:
        ApiError: its last failure.
    """
    from tenacity import Retrying, retry_if_exception_type

    tries = Retrying(
        sleep=sleep,
        wait=_pause,
        stop=_enough,
        retry=retry_if_exception_type(Unavailable),
        reraise=True,
    )
    return tries(call)


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """Seconds until the next call may come, by `Retry-After`, else by the used-up windows of `RateLimit`; None where
    neither says it.

    `RateLimit` is a list of windows, `"minute";r=0;t=12`: how many calls remain, and seconds until it is new
    (draft-ietf-httpapi-ratelimit-headers).
    """
    try:
        return min(THEIRS, max(0.0, float(headers["Retry-After"])))
    except (KeyError, ValueError):
        pass
    waits = []
    for window in headers.get("RateLimit", "").split(","):
        left, until = re.search(r";\s*r=(\d+)", window), re.search(r";\s*t=(\d+)", window)
        if left and until and int(left[1]) == 0:
            waits.append(float(until[1]))
    return min(THEIRS, max(waits)) if waits else None


def _failure(state: RetryCallState) -> ApiError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, ApiError)
    return error


def _enough(state: RetryCallState) -> bool:
    return state.attempt_number >= (PATIENT if isinstance(_failure(state), TooMany) else ATTEMPTS)


def _pause(state: RetryCallState) -> float:
    error = _failure(state)
    if isinstance(error, TooMany) and error.pause is not None:
        return error.pause
    return min(OURS, 2.0 ** (state.attempt_number - 1)) * random.uniform(0.5, 1.0)
