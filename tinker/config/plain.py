"""The inverse of `strict.parse`: a dataclass as plain data, with every default and every variant's `type:`."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from model.registry import LATER, Slot
from tinker.config.hints import hints_of


def plain(config: Any) -> dict[str, Any]:
    """A dataclass as nested dicts and lists: what `strict.parse` would read back as an equal one.

    A field annotated `float` gives a float even where its default was typed `1`, so that a default and the same value
    given in a file are one text. A field that came later (`model.registry.later`) is left out while it has its default.
    """
    hints = hints_of(type(config))
    return {
        field.name: _value(hints[field.name], getattr(config, field.name))
        for field in fields(config)
        if field.init and not (LATER in field.metadata and getattr(config, field.name) == _default(field))
    }


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _value(kind: Any, value: Any) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        for mark in args[1:]:
            if isinstance(mark, Slot):
                return [_node(mark, layer) for layer in value] if mark.per_layer else _node(mark, value)
        return _value(args[0], value)
    if origin in (Union, types.UnionType):
        inner = [a for a in args if a is not type(None)]
        return _value(inner[0], value) if value is not None and len(inner) == 1 else value
    if is_dataclass(value):
        return plain(value)
    if isinstance(value, (list, tuple)):
        kinds = [args[0]] * len(value) if origin is list or args[-1:] == (Ellipsis,) else args
        return [_value(k, v) for k, v in zip(kinds, value, strict=True)]
    if isinstance(value, Mapping):
        return {key: _value(args[1], item) for key, item in value.items()}
    return float(value) if kind is float else value


def _node(slot: Slot, config: Any) -> dict[str, Any]:
    return {"type": slot.of(config).name, **plain(config)}
