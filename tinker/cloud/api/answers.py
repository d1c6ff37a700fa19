"""Answers that are none: the error for each, in RunPod's words and ours."""

from __future__ import annotations

from typing import Any

from tinker.cloud.api.again import asked_pause
from tinker.cloud.api.errors import (
    ApiError,
    BadKey,
    BadRequest,
    Forbidden,
    NoCapacity,
    NoFunds,
    TooMany,
    Unavailable,
    Unclear,
)
from tinker.cloud.api.redact import redacted

#: Characters of an answer that are shown.
SHOWN = 400


def said_no(asked: str, answer: Any, *, order: bool) -> ApiError:
    """The error for an answer that is none; `order` tells that it was a pod that was asked for."""
    detail = redacted(_reason(answer))[:SHOWN]  # in this order: or half a key is left over
    said = redacted(f"{asked}: RunPod answered {answer.status_code}: {detail}")
    match answer.status_code:
        case 401:
            return BadKey(f"{said}; check RUNPOD_API_KEY: https://console.runpod.io/user/settings", detail=detail)
        case 402:
            return NoFunds(f"{said}; the account needs money: https://console.runpod.io/user/billing", detail=detail)
        case 403:
            return Forbidden(f"{said}; the key needs the right to read and write pods", detail=detail)
        case 400 if order:
            return NoCapacity(f"{said}; another card, data center or cloud may be free", detail=detail)
        case 429:
            pause = asked_pause(answer.headers)
            return TooMany(f"{said}; too many calls: wait a minute", detail=detail, pause=pause)
        case code if code >= 500 and order:
            return Unclear(f"{said}; a pod may have come of it: `tinker cloud ls` lists them", detail=detail)
        case code if code >= 500:
            return Unavailable(f"{said}; try again later", detail=detail)
    return BadRequest(f"{said}; what tinker sent does not suit the service: tinker may be too old", detail=detail)


def _reason(answer: Any) -> str:
    """Of a problem+json answer, or what there is of another."""
    try:
        data = answer.json()
        parts = [str(data.get("title") or ""), str(data.get("detail") or ""), *map(str, data.get("errors") or ())]
    except (ValueError, AttributeError, TypeError):
        parts = [answer.text]
    return "; ".join(part for part in parts if part) or "no reason given"
