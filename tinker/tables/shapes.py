"""What a value of JSON should be, and the first thing in it that is otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Of a value that is not what it should be, so many characters are shown.
SHOWN = 60


@dataclass(frozen=True)
class Kind:
    """Values that something holds for, and what they are called."""

    words: str
    holds: Callable[[Any], bool]


#: A kind, a list of one shape, or an object: its keys with their shapes; one that ends with `?` may be left out.
Shape = Kind | Sequence["Shape"] | Mapping[str, "Shape"]


def is_text(value: Any) -> bool:
    """Half of a surrogate pair, which JSON can spell, is no text: no file can hold it."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def is_number(value: Any) -> bool:
    """Within the range of floats."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def is_whole(value: Any) -> bool:
    """As Parquet's columns hold them."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def or_null(kind: Kind) -> Kind:
    """That kind, or nothing."""
    return Kind(f"{kind.words} or null", lambda value: value is None or kind.holds(value))


TEXT = Kind("text", is_text)
NUMBER, WHOLE = Kind("a number", is_number), Kind("a whole number", is_whole)
POSITIVE = Kind("a number above 0", lambda value: is_number(value) and value > 0)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
RATE = Kind("a number between 0 and 1", lambda value: is_number(value) and 0 < value < 1)
OBJECT = Kind("an object", lambda value: isinstance(value, dict))


def problem_of(value: Any, shape: Shape) -> str | None:
    """What is not of the shape, the first of it."""
    return next(_wrong(value, shape, ""), None)


def _wrong(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """What is not of the shape; nothing where all is."""
    if isinstance(shape, Kind):
        if not shape.holds(value):
            yield f"{path} should be {shape.words}, not {shown(value)}"
    elif isinstance(shape, Mapping):
        yield from _wrong_object(value, shape, path)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _wrong(each, shape[0], f"{path}[{place}]")
    else:
        yield f"{path} should be a list, not {shown(value)}"


def _wrong_object(value: Any, shape: Mapping[str, Shape], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} should be an object, not {shown(value)}"
        return
    for spelled, inner in shape.items():
        key = spelled.removesuffix("?")
        inside = f"{path}.{key}" if path else key
        if key in value:
            yield from _wrong(value[key], inner, inside)
        elif not spelled.endswith("?"):
            yield f"{inside} is missing"


def shown(value: Any) -> str:
    """A value for a message."""
    said = repr(value)
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}..."
