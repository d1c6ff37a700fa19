"""A strict parser from plain data (YAML, JSON) to frozen dataclasses.

Annotations say everything: scalars, `Literal`, `X | None`, tuples, lists, dicts, nested dataclasses, `Annotated` with
`Limits` or `Pattern`, and `Annotated[Any, SLOT]` for a node `{type: ...}` that becomes the Config of that variant (a
bare text is short for `{type: text}`; a per-layer slot takes one node or a list of them, and keeps a tuple).
Nothing is guessed and nothing is ignored: the first thing that does not fit is a ConfigError with its dotted key.
"""

from __future__ import annotations

import math
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from model.registry import Slot, UnknownVariant
from tinker.config.hints import hints_of
from tinker.config.limits import Limits, Pattern, Words
from tinker.config.suggest import allowed_are, given, unknown
from tinker.errors import ConfigError

T = TypeVar("T")

SCALARS: dict[Any, str] = {
    Any: "anything",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
}


def parse(kind: type[T], data: Any, path: str = "") -> T:
    """The dataclass `kind` filled from a mapping; `path` is where that mapping stands, for errors.

    Raises:
        ConfigError: unknown or missing key, wrong type, value out of range, or what a `__post_init__` refuses.
    """
    parsed: T = _value(kind, data, path)
    return parsed


def describe(kind: Any) -> str:
    """What a field takes, in words."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _describe_marked(args[0], args[1:])
    if origin is Literal:
        return f"one of {', '.join(given(a) for a in args)}"
    if origin in (Union, types.UnionType):
        *first, last = ["null" if a is type(None) else describe(a) for a in args]
        return f"{', '.join(first)}, or {last}"
    if origin is tuple and args[-1] is not Ellipsis:
        return f"a list of {len(args)}: {', '.join(describe(a) for a in args)}"
    if origin in (tuple, list):
        return "a list" if args[0] is Any else f"a list, each {describe(args[0])}"
    if is_dataclass(kind):
        return f"a mapping with the keys {', '.join(field.name for field in fields(kind))}"
    return "a mapping" if origin is dict else SCALARS[kind]


def _describe_marked(kind: Any, marks: tuple[Any, ...]) -> str:
    for mark in marks:
        if isinstance(mark, Slot):
            return f"a mapping with a `type:` of {', '.join(mark.names())}"
        if isinstance(mark, Words):
            return mark.text
    return " ".join([describe(kind), *(f"({m})" if isinstance(m, Pattern) else str(m) for m in marks)])


def _refuse(kind: Any, data: Any, path: str) -> ConfigError:
    return ConfigError(path, f"{given(data)} is not allowed; expected {describe(kind)}")


def _value(kind: Any, data: Any, path: str) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if kind is Any:
        return data
    if origin is Annotated:
        return _annotated(kind, data, path)
    if origin in (Union, types.UnionType):
        return _union(kind, data, path)
    if origin is Literal:
        if any(data == choice and type(data) is type(choice) for choice in args):
            return data
        raise _refuse(kind, data, path)
    if origin in (tuple, list):
        return _sequence(kind, data, path)
    if origin is dict:
        return _mapping(kind, data, path)
    if is_dataclass(kind):
        return _dataclass(kind, data, path)
    return _scalar(kind, data, path)


def _scalar(kind: Any, data: Any, path: str) -> Any:
    if kind is float and type(data) is int:
        return float(data)
    if type(data) is not kind or (kind is float and not math.isfinite(data)):
        raise _refuse(kind, data, path)
    return data


def _annotated(kind: Any, data: Any, path: str) -> Any:
    inner, *marks = get_args(kind)
    for mark in marks:
        if isinstance(mark, Slot):
            return _layers(mark, data, path) if mark.per_layer else _variant(mark, data, path)
    value = _value(inner, data, path)
    for mark in marks:
        if isinstance(mark, (Limits, Pattern)) and value is not None and not mark.allow(value):
            raise _refuse(kind, data, path)
    return value


def _union(kind: Any, data: Any, path: str) -> Any:
    """The first alternative that fits; where one fits up to something inside it, its own error is the better one."""
    if data is None and type(None) in get_args(kind):
        return None
    errors = []
    for alternative in get_args(kind):
        if alternative is type(None):
            continue
        try:
            return _value(alternative, data, path)
        except ConfigError as error:
            errors.append(error)
    deeper = [error for error in errors if error.path != path]
    if len(deeper) == 1:
        raise deeper[0]
    raise _refuse(kind, data, path)


def _sequence(kind: Any, data: Any, path: str) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if not isinstance(data, (list, tuple)):
        raise _refuse(kind, data, path)
    if origin is tuple and args[-1] is not Ellipsis:
        if len(data) != len(args):
            raise _refuse(kind, data, path)
        return tuple(_value(k, v, f"{path}.{i}") for i, (k, v) in enumerate(zip(args, data, strict=True)))
    return origin(_value(args[0], item, f"{path}.{i}") for i, item in enumerate(data))


def _mapping(kind: Any, data: Any, path: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise _refuse(kind, data, path)
    _, value_kind = get_args(kind)
    for key in data:
        if not isinstance(key, str):
            raise ConfigError(path, f"the key {given(key)} is not text; put it in quotes")
    return {key: _value(value_kind, value, _join(path, key)) for key, value in data.items()}


def _layers(slot: Slot, data: Any, path: str) -> tuple[Any, ...]:
    """One node for all layers, or a pattern that the layers repeat."""
    if not isinstance(data, (list, tuple)):
        return (_variant(slot, data, path),)
    if not data:
        raise ConfigError(path, f"an empty list is not allowed; expected {describe(Annotated[Any, slot])}, or a list")
    return tuple(_variant(slot, node, f"{path}.{i}") for i, node in enumerate(data))


def _variant(slot: Slot, data: Any, path: str) -> Any:
    node = {"type": data} if isinstance(data, str) else data
    if not isinstance(node, Mapping):
        raise _refuse(Annotated[Any, slot], data, path)
    if "type" not in node:
        raise ConfigError(f"{path}.type", f"missing; {allowed_are(slot.names())}")
    if not isinstance(node["type"], str):
        raise ConfigError(f"{path}.type", f"{given(node['type'])} is not text; {allowed_are(slot.names())}")
    try:
        config = slot.get(node["type"]).config
    except UnknownVariant:
        raise ConfigError(f"{path}.type", unknown(slot.name, node["type"], slot.names())) from None
    return _dataclass(config, {k: v for k, v in node.items() if k != "type"}, path, of=f" of type {node['type']!r}")


def _dataclass(kind: Any, data: Any, path: str, of: str = "") -> Any:
    if not isinstance(data, Mapping):
        raise _refuse(kind, data, path)
    known = {field.name: field for field in fields(kind) if field.init}
    for key in data:
        if key not in known:
            raise ConfigError(_join(path, str(key)), unknown(f"key{of and f'{of}:'}", str(key), known))
    hints = hints_of(kind)
    values = {}
    for name, field in known.items():
        if name in data:
            values[name] = _value(hints[name], data[name], _join(path, name))
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ConfigError(_join(path, name), f"missing; expected {describe(hints[name])}")
    try:
        return kind(**values)
    except ConfigError:
        raise
    except ValueError as error:
        raise _placed(str(error), path, known) from None


def _placed(text: str, path: str, known: Mapping[str, Any]) -> ConfigError:
    """A `__post_init__`'s complaint with its key: `kv_heads: ...` below `path`, `model.n_embd: ...` as it stands."""
    match = re.match(r"([a-z_][\w.]*): (.*)", text, re.DOTALL)
    if match is None:
        return ConfigError(path, text)
    key, problem = match.groups()
    return ConfigError(_join(path, key) if key.split(".")[0] in known else key, problem)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
