"""What may go wrong with RunPod, by what there is to do about it."""

from __future__ import annotations

from tinker.errors import FAILED, UserError


class ApiError(UserError):
    """RunPod said no, or nothing. `detail` is its own reason, in its own words."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message, exit_code=FAILED)
        self.detail = detail or message


class Refused(ApiError):  # noqa: N818 - as all here: it is what has happened
    """401 or 403: the key is not one, or may not do this."""


class BadKey(Refused):
    """401: the key is not one, or no longer."""


class Forbidden(Refused):
    """403: the key may not do this; on an order another candidate may be allowed."""


class NoFunds(ApiError):  # noqa: N818
    """402: the account has no money; no candidate will succeed."""


class NoCapacity(ApiError):  # noqa: N818
    """400 on an order: nothing of the kind is free, or the order breaks a rule. It has no code of its own."""


class BadRequest(ApiError):  # noqa: N818
    """400, 413 or 422: what was sent is wrong, and will be so again."""


class Unclear(ApiError):  # noqa: N818
    """An order that was answered with 5xx, or whose answer was lost: a pod may have come of it, and bill."""


class Unavailable(ApiError):  # noqa: N818
    """RunPod did not answer, or not with sense, however often it was asked."""


class TooMany(Unavailable):
    """429: too many calls. `pause` is what RunPod asks for, in seconds; None where it does not say."""

    def __init__(self, message: str, *, detail: str = "", pause: float | None = None) -> None:
        super().__init__(message, detail=detail)
        self.pause = pause
