"""No new option by accident: every key that a config or a grid can have stands in `frozen_keys.txt`."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from model.registry import Slot
from tinker.config.schema import TrialConfig
from tinker.grid.schema import Declaration

FROZEN = Path(__file__).with_name("frozen_keys.txt")


def keys(kind: Any, path: str) -> Iterator[str]:
    """`model.n_layer`, `model.attention`, and for each built-in variant `model.attention[window].size`."""
    for field in fields(kind):
        yield (here := f"{path}{field.name}")
        yield from below(get_type_hints(kind, include_extras=True)[field.name], here)


def below(kind: Any, here: str) -> Iterator[str]:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from below(args[0], here)
        for slot in (mark for mark in args[1:] if isinstance(mark, Slot)):
            for name in slot.builtin_names():
                yield f"{here}[{name}]"
                yield from keys(slot.get(name).config, f"{here}[{name}].")
    elif origin in (Union, types.UnionType, list, tuple):
        for inner in args:
            yield from below(inner, here)
    elif is_dataclass(kind):
        yield from keys(kind, f"{here}.")


def test_every_key_is_frozen() -> None:
    now = [*keys(TrialConfig, "config."), *keys(Declaration, "grid.")]
    frozen = FROZEN.read_text().split()
    assert sorted(set(now)) == frozen, f"an option that is meant to come or go is a line of {FROZEN.name}"
