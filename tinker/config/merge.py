"""Laying a diff over a config.

A diff is a mapping, nested or with dotted keys or both: `{model: {position: rotary}, optimizer.lr: 3e-4}`. Mappings
merge, all else replaces, with three rules for the nodes of a model:

* a node that names another `type:` replaces its node, whose keys mean nothing to it; a bare text names a type;
* a mapping laid over a per-layer list is laid over each of its entries: `model.attention.kv_heads: 2`;
* a number is a layer: `model.attention.1.size: 8` changes the second layer, after the pattern is spelled out for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from tinker.config.suggest import given
from tinker.errors import ConfigError

Tree = dict[str, Any]


def apply(config: Mapping[str, Any], diff: Mapping[str, Any]) -> Tree:
    """A new config with the diff laid over it; neither argument is changed.

    Raises:
        ConfigError: the diff says one key twice, or gives a layer that the model does not have.
    """
    nested = nest(diff)
    model = nested.get("model")
    layers = model.get("n_layer") if isinstance(model, Mapping) else None
    if layers is None and isinstance(config.get("model"), Mapping):
        layers = config["model"].get("n_layer")
    return {**deepcopy(dict(config)), **{k: _merge(config.get(k), v, k, layers) for k, v in nested.items()}}


def nest(diff: Mapping[str, Any]) -> Tree:
    """Dotted keys spelled out: `{a.b: 1, a: {c: 2}}` is `{a: {b: 1, c: 2}}`.

    Raises:
        ConfigError: two keys set the same thing.
    """
    return _nest(diff, "")


def leaves(diff: Mapping[str, Any]) -> dict[str, Any]:
    """The dotted keys of a diff and what each is set to; lists and empty mappings are values."""
    found: dict[str, Any] = {}
    for key, value in diff.items():
        if isinstance(value, Mapping) and value:
            found |= {f"{key}.{inner}": leaf for inner, leaf in leaves(value).items()}
        else:
            found[str(key)] = value
    return found


def _nest(diff: Mapping[str, Any], path: str) -> Tree:
    tree: Tree = {}
    for key, value in diff.items():
        head, _, rest = str(key).partition(".")
        inner = {rest: value} if rest else value
        here = f"{path}.{head}" if path else head
        inner = _nest(inner, here) if isinstance(inner, Mapping) else deepcopy(inner)
        tree[head] = _both(tree[head], inner, here) if head in tree else inner
    return tree


def _both(first: Any, second: Any, path: str) -> Any:
    """Two parts of one diff that meet at the same key."""
    if isinstance(first, Mapping) and isinstance(second, str):
        second = {"type": second}
    if isinstance(first, str) and isinstance(second, Mapping):
        first = {"type": first}
    if not (isinstance(first, Mapping) and isinstance(second, Mapping)):
        raise ConfigError(path, f"given twice, as {given(first)} and as {given(second)}; keep one")
    merged = dict(first)
    for key, value in second.items():
        merged[key] = _both(merged[key], value, f"{path}.{key}") if key in merged else value
    return merged


def _merge(base: Any, diff: Any, path: str, layers: Any) -> Any:
    nodes = base if isinstance(base, list) else [base]
    named = isinstance(diff, str) and not diff.startswith("${")  # what is to be resolved is no type's name
    if named and nodes and all(_is_node(node) for node in nodes):
        diff = {"type": diff}
    if not isinstance(diff, Mapping):
        return deepcopy(diff)
    if isinstance(base, str):
        base = {"type": base}
    if _is_node(base) and diff and all(key.isdigit() for key in diff):
        base = [base]  # one node for all layers, of which one shall differ
    if isinstance(base, list) and base:
        return _merge_list(base, diff, path, layers)
    if not isinstance(base, Mapping) or diff.get("type", base.get("type")) != base.get("type"):
        base = {}
    merged = deepcopy(dict(base))
    for key, value in diff.items():
        merged[key] = _merge(base.get(key), value, f"{path}.{key}", layers)
    return merged


def _merge_list(base: list[Any], diff: Mapping[str, Any], path: str, layers: Any) -> list[Any]:
    numbers = [key for key in diff if key.isdigit()]
    if not numbers:
        if not all(_is_node(item) or isinstance(item, str) for item in base):
            problem = f"{given(dict(diff))} cannot be laid over a list; give the whole list, or one entry as {path}.0"
            raise ConfigError(path, problem)
        return [_merge(item, diff, path, layers) for item in base]
    if len(numbers) < len(diff):
        raise ConfigError(path, f"{', '.join(diff)}: give keys of every entry or of numbered ones, not both")
    if path.startswith("model.") and isinstance(layers, int):
        base = [base[i % len(base)] for i in range(layers)]
    merged = [deepcopy(item) for item in base]
    for number in numbers:
        index = int(number)
        if index >= len(merged):
            raise ConfigError(f"{path}.{number}", f"there is no entry {number}; allowed: 0 to {len(merged) - 1}")
        merged[index] = _merge(base[index], diff[number], f"{path}.{number}", layers)
    return merged


def _is_node(value: Any) -> bool:
    return isinstance(value, Mapping) and "type" in value
