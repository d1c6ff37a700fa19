"""What a machine answered when it was asked for results: read, and checked for form."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tinker.cloud.host import Unreachable
from tinker.cloud.pod.ship import INDEX


@dataclass(frozen=True)
class Entry:
    """A file, or a piece of it from `offset` on, of `count` bytes; `size` and `changed` (ns) are those of the file.

    `checkpoints` are those that a finished trial has, size and time by name.
    """

    name: str
    size: int
    changed: int
    offset: int
    count: int
    checkpoints: dict[str, tuple[int, int]]

    @property
    def stamp(self) -> tuple[int, int]:
        """Differs when the file does."""
        return self.size, self.changed


class Answer:
    """
    Attributes:
        entries: the files that follow.
        drivers: names of the signs of life that there are.
        there: names of all files, where a list was asked for.
        more: whether to ask again at once.

    Raises:
        Unreachable: it is cut off, or no answer at all.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._tar = tarfile.open(fileobj=io.BytesIO(data), mode="r:")  # noqa: SIM115 - bytes need no closing
            index = json.loads(self._next(INDEX))
            self.entries = [_entry(each) for each in index["files"]]
            self.drivers = {str(name) for name in index["drivers"]}
            self.there = [str(name) for name in index.get("there", ())]
            self.more = index["more"] is True
        except (tarfile.TarError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise Unreachable(f"the machine sent no results that can be read: {error}") from None

    def files(self) -> Iterator[tuple[Entry, bytes]]:
        """One after the other, each whole.

        Raises:
            Unreachable: the rest is missing.
        """
        for number, entry in enumerate(self.entries):
            try:
                data = self._next(str(number))
            except (tarfile.TarError, ValueError) as error:
                raise Unreachable(f"results came only in part: {error}") from None
            if len(data) != entry.count:
                raise Unreachable(f"results came only in part: {entry.name} was cut off")
            yield entry, data

    def _next(self, name: str) -> bytes:
        member = self._tar.next()
        if member is None or member.name != name or not member.isreg():
            raise ValueError(f"{name} is missing")
        content = self._tar.extractfile(member)
        assert content is not None  # of a regular file
        return content.read()


def _entry(told: dict[str, Any]) -> Entry:
    numbers = [told[key] for key in ("size", "changed", "offset", "bytes")]
    if not all(type(number) is int and 0 <= number < 2**63 for number in numbers):
        raise ValueError(f"{told['name']!r} has no size")
    size, changed, offset, count = numbers
    if offset + count > size:
        raise ValueError(f"{told['name']!r} is longer than it is")
    kept = {str(name): (int(stamp[0]), int(stamp[1])) for name, stamp in told.get("checkpoints", {}).items()}
    return Entry(str(told["name"]), size, changed, offset, count, kept)
