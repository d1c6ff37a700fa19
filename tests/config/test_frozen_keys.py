"""No new option by accident: every key that a config or a grid can have stands in `frozen_keys.txt`.

A variant's own keys do not: a variant is one file. But no variant may grow into a pile of options.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import pytest

from tinker.catalogue.variants import Entry, catalogue
from tinker.config.schema import TrialConfig
from tinker.grid.schema import Declaration

FROZEN = Path(__file__).with_name("frozen_keys.txt")
MOST_KEYS = 12  # of one variant


def keys(kind: Any, path: str) -> Iterator[str]:
    """`config.model.n_layer`, `config.model.attention`."""
    for field in fields(kind):
        yield (here := f"{path}{field.name}")
        yield from below(get_type_hints(kind, include_extras=True)[field.name], here)


def below(kind: Any, here: str) -> Iterator[str]:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from below(args[0], here)
    elif origin in (Union, types.UnionType, list, tuple):
        for inner in args:
            yield from below(inner, here)
    elif is_dataclass(kind):
        yield from keys(kind, f"{here}.")


def test_every_key_is_frozen() -> None:
    now = [*keys(TrialConfig, "config."), *keys(Declaration, "grid.")]
    frozen = FROZEN.read_text().split()
    assert sorted(set(now)) == frozen, f"an option that is meant to come or go is a line of {FROZEN.name}"


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: f"{entry.slot}-{entry.type}")
def test_a_variant_has_few_keys(entry: Entry) -> None:
    assert len(entry.keys) <= MOST_KEYS, "two small variants are better than one with many options"
