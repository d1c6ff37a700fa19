"""A JSON Schema of grid files, for editors: made from the dataclasses that check them and the slots' registries."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from model.registry import Slot
from tinker.config.groups import Groups
from tinker.config.limits import Limits, Pattern
from tinker.config.schema import TrialConfig
from tinker.grid.schema import NAME, Declaration, Diff

Schema = dict[str, Any]

SCALARS: dict[Any, Schema] = {
    Any: {},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
}


def grid_schema(groups: Groups) -> Schema:
    """JSON Schema (draft 2020-12) of a grid: which keys there are, what they take, and what a diff may name."""
    schema = schema_of(Declaration)
    keys = schema["properties"]
    for group in ("recipe", "data", "scale"):
        keys[group] = {"enum": groups.options(group)}
    keys["arms"]["propertyNames"] = {"pattern": f"^(?:{NAME.regex})$"}
    keys["include"]["items"] = {"allOf": [{"$ref": "#/$defs/named_diff"}]}
    diff = {**schema_of(TrialConfig, partial=True), "patternProperties": dict(_dotted(TrialConfig))}
    del diff["properties"]["split"], diff["properties"]["train"]["properties"]["until"]  # of tuning trials only
    del diff["patternProperties"][r"^train\.until$"]
    diff["properties"]["init_from"]["anyOf"].append({"type": "string"})  # a trial's id, or a folder
    named = {**diff, "properties": {**diff["properties"], "name": {"type": "string", "pattern": f"^(?:{NAME.regex})$"}}}
    for part in ("axes", "zip"):
        keys[part] = {"type": "object", "additionalProperties": {"type": "array", "minItems": 1}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tinker grid",
        **schema,
        "$defs": {"diff": diff, "named_diff": named},
    }


def schema_of(kind: Any, *, partial: bool = False) -> Schema:
    """What data of an annotated type looks like; `partial` asks for no key, as in a diff."""
    origin, args = get_origin(kind), get_args(kind)
    if kind == Diff:
        return {"$ref": "#/$defs/diff"}
    if origin is Annotated:
        return _annotated(args[0], args[1:], partial)
    if origin is Literal:
        return {"enum": list(args)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [{"type": "null"} if a is type(None) else schema_of(a, partial=partial) for a in args]}
    if origin is tuple and args[-1] is not Ellipsis:
        items = [schema_of(a) for a in args]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if origin in (tuple, list):
        return {"type": "array", "items": schema_of(args[0], partial=partial)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(args[1], partial=partial)}
    return _object(kind, partial) if is_dataclass(kind) else dict(SCALARS[kind])


def _object(kind: Any, partial: bool) -> Schema:
    hints = get_type_hints(kind, include_extras=True)
    properties: Schema = {}
    for field in fields(kind):
        properties[field.name] = schema_of(hints[field.name], partial=partial)
        if isinstance(field.default, (bool, int, float, str)):
            properties[field.name]["default"] = field.default
    required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema if partial or not required else {**schema, "required": required}


def _annotated(kind: Any, marks: tuple[Any, ...], partial: bool) -> Schema:
    schema = schema_of(kind, partial=partial)
    for mark in marks:
        if isinstance(mark, Slot):
            return _slot(mark, partial)
        if isinstance(mark, Pattern):
            schema |= {"pattern": f"^(?:{mark.regex})$"}
        if isinstance(mark, Limits):
            names = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
            limits = (mark.at_least, mark.above, mark.at_most, mark.below)
            schema |= {name: limit for name, limit in zip(names, limits, strict=True) if limit is not None}
    return schema


def _slot(slot: Slot, partial: bool) -> Schema:
    """A variant by name, or with its keys; in a diff also keys alone, and layers by number."""
    variants = [_variant(slot, name, partial) for name in slot.names()]
    node: Schema = {"anyOf": [{"enum": slot.names()}, *variants]}
    if not slot.per_layer:
        return node
    forms = [*node["anyOf"], {"type": "array", "items": node, "minItems": 1}]
    if partial:
        forms.append({"type": "object", "patternProperties": {r"^\d+$": node}, "additionalProperties": False})
    return {"anyOf": forms}


def _variant(slot: Slot, name: str, partial: bool) -> Schema:
    schema = _object(slot.get(name).config, partial)
    schema["properties"] = {"type": {"const": name}, **schema["properties"]}
    return schema if partial else {**schema, "required": ["type", *schema.get("required", [])]}


def _dotted(kind: Any, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Patterns of all dotted keys: of fields exactly, and of anything below a slot, whose variants bring their own."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        key = rf"{path}\.{name}" if path else name
        slots = [mark for mark in get_args(hint)[1:] if isinstance(mark, Slot)] if get_origin(hint) is Annotated else []
        if path:
            yield f"^{key}$", schema_of(hint, partial=True)
        if slots:
            yield rf"^{key}\..+$", {}
        for inner in (hint, *get_args(hint)):
            if is_dataclass(inner):
                yield from _dotted(inner, key)
