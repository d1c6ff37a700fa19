"""What the fake answers, in RunPod's form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Of a call. `lost`: it is carried out, and the connection closed without a word. `stream`: server-sent events."""

    status: int
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False
    stream: Iterator[str] | None = None


class Refused(Exception):  # noqa: N818 - an answer, and no mistake of the fake's
    """No, as problem+json."""

    def __init__(self, status: int, detail: str, errors: Sequence[str] = (), **headers: str) -> None:
        super().__init__(detail)
        body: Json = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
        if errors:
            body["errors"] = list(errors)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = Answer(status, body, {"Content-Type": "application/problem+json", **named})


def page(rows: Sequence[Json], key: str, query: Mapping[str, str]) -> Answer:
    """A part of a list; the cursor is the id of the last entry that was given."""
    ids = [str(row["id"]) for row in rows]
    cursor = query.get("cursor")
    if cursor is not None and cursor not in ids:
        raise Refused(400, "unknown cursor")
    start = 0 if cursor is None else ids.index(cursor) + 1
    end = start + int(query.get("limit", "100"))
    more = end < len(rows)
    pagination: Json = {"hasNextPage": more, "nextCursor": ids[end - 1] if more else None}
    return Answer(200, {key: list(rows[start:end]), "pagination": pagination})
