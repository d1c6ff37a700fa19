"""The catalogue as text: a heading for each slot, two or three lines for each variant."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

from tinker.catalogue.variants import Entry


def page(entries: Iterable[Entry], width: int) -> Iterator[str]:
    """Its lines, none longer than `width` unless a link is."""
    for number, (places, group) in enumerate(groupby(entries, key=lambda entry: entry.places)):
        if number:
            yield ""
        yield ", ".join(places)
        for entry in group:
            keys = ", ".join(f"{key}: {json.dumps(value)}" for key, value in entry.keys.items())
            yield from _wrapped(f"{entry.type}  {keys}".rstrip(), width, 2)
            yield from _wrapped(entry.summary, width, 6)
            if entry.paper:
                yield f"      {entry.paper}"


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=" " * indent, subsequent_indent=" " * max(indent, 6), break_long_words=False
    )
