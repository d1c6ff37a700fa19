"""Names: of arms that are made and not given, and of the folder that holds a grid's results."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from tinker.config.groups import Choice
from tinker.config.overrides import Override
from tinker.grid.schema import Declaration
from tinker.spec import NOT_IN_ID, canonical


def arm_name(values: Mapping[str, Any], among: Iterable[str]) -> str:
    """`kv_heads=2,n_layer=3` for dotted keys and their values; `among` are all keys that a name must tell apart."""
    keys = list(among)
    return ",".join(f"{_short(key, keys)}={_slug(value)}" for key, value in values.items())


def results_name(declared: Declaration, choices: Mapping[str, Choice], values: Iterable[Override]) -> str:
    """The name of the folder among the results.

    The grid's own name; with another corpus or scale than the file's, `<name>-<data>-<scale>`; and with any other
    override that makes other trials of it, six hex digits that tell it from the rest.
    """
    name = declared.name
    if (choices["data"], choices["scale"]) != (declared.data, declared.scale):
        name = f"{name}-{choices['data']}-{choices['scale']}"
    before: dict[str, Choice] = {"recipe": declared.recipe, "data": declared.data, "scale": declared.scale}
    chosen = {k: v for k, v in choices.items() if k not in ("data", "scale", "logger") and v != before.get(k)}
    changed = {v.key: v.value for v in values if v.key.split(".")[0] not in NOT_IN_ID}  # another text is other data
    if not chosen and not changed:
        return name
    digest = hashlib.sha256(canonical({"choices": chosen, "values": changed}).encode()).hexdigest()
    return f"{name}-{digest[:6]}"


def _short(key: str, keys: list[str]) -> str:
    """The end of a dotted key that no other key shares; a layer's number is no name by itself."""
    parts = key.split(".")
    for start in range(len(parts) - 1, 0, -1):
        end = ".".join(parts[start:])
        if not parts[start].isdigit() and not any(other != key and f".{other}".endswith(f".{end}") for other in keys):
            return end
    return key


def _slug(value: Any) -> str:
    """A value as a part of a name: `window-size=8` for a node, `window+full` for a list."""
    if isinstance(value, Mapping):
        rest = [f"{key}={_slug(item)}" for key, item in value.items() if key != "type"]
        return "-".join([*([_slug(value["type"])] if "type" in value else []), *rest])
    if isinstance(value, (list, tuple)):
        return "+".join(_slug(item) for item in value)
    if value is None:
        return "none"
    text = "".join(c if c.isalnum() or c in "._=,+-" else "-" for c in str(value).lower())
    return text.encode("ascii", "replace").decode().replace("?", "-")
