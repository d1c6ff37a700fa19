"""Does a model compute what a folder's config.json says? And how to ask for one that does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from model.config import GPTConfig
from model.registry import Slot
from model.slots import FIELDS, INIT
from tinker.config.compose import compose
from tinker.config.model_config import ModelConfig
from tinker.config.strict import parse
from tinker.errors import ConfigError, UserError
from tinker.pretrained.layout import PLAIN, Layout, Tree, layout
from tinker.pretrained.published import Published

#: Keys under `model:` that change nothing of what given weights compute, or that a folder cannot know.
FREE = ("dropout", "backend", "init", "loss", "context")
#: Keys of an MLP that its `hidden` says exactly, and the weight of a loss.
NOT_COMPUTED = ("ratio", "matched", "balance")
SIZES = ("n_layer", "n_head", "n_embd", "context")


def check_agrees(found: Layout, published: Published, config: GPTConfig) -> None:
    """Refuses a model unlike the one that the folder's weights are of.

    Raises:
        UserError: one message with every key that differs, and the overrides that give the folder's model.
    """
    size = published.count("vocab_size")
    if size != config.vocab_size:
        tokenizer = published.where.parent / "tokenizer.json"
        raise UserError(
            f"{published.where}: its model has {size} tokens and the corpus {config.vocab_size}; use its tokenizer: "
            f"data=text data.tokenizer=file data.vocab_size={size} data.tokenizer_file="
            f"{tokenizer if tokenizer.is_file() else '<its tokenizer.json, which is not in this folder>'}"
        )
    here = tree_of(model_config(config))
    there = expected(found, published, here)
    longest = there["context"]
    differ = differences(here, {**there, "context": min(here["context"], longest)})
    rule = INIT.build(config.init, config)
    if rule.output_scale != 1.0 or not math.isclose(
        rule.attention_divisor(config.head_dim), math.sqrt(config.head_dim)
    ):
        differ["model.init"] = (INIT.of(config.init).name, "one that scales neither scores nor the stream")
    if differ:
        shown = ", ".join(f"{key} is {_text(a)} here and {_text(b)} there" for key, (a, b) in differ.items())
        give = " ".join(f"{key}={_text(b)}" for key, (_, b) in differ.items() if key != "model.init")
        raise UserError(f"{published.where} is of another model: {shown}" + (f"; give {give}" if give else ""))


def expected(found: Layout, published: Published, free: Tree) -> Tree:
    """All keys under `model:` that the folder means; what it cannot know is as in `free`, but the longest context.

    Raises:
        UserError: a model that cannot be built here.
    """
    try:
        tree = {**{key: free[key] for key in FREE}, **PLAIN, **found.model(published)}
        return tree_of(parse(ModelConfig, tree, "model"))
    except ConfigError as error:
        raise UserError(f"{published.where}: no variant here computes this model: {error}") from None


def overrides_for(folder: Path) -> list[str]:
    """The recipe and the overrides that ask for the folder's model, at its longest context: `recipe=llama ...`.

    Raises:
        UserError: no config.json, or one of a model that no variant here computes.
    """
    published = Published.read(folder)
    found = layout(str(published.need("model_type")), str(published.where))
    model = found.model(published)
    asked = [f"recipe={found.recipe}", *(f"model.{key}={_text(model[key])}" for key in SIZES)]
    here = tree_of(parse(ModelConfig, compose(asked)["model"], "model"))
    there = expected(found, published, here)
    return [*asked, *(f"{key}={_text(value)}" for key, (_, value) in differences(here, there).items())]


def model_config(config: GPTConfig) -> ModelConfig:
    """The config node that a model could have come from."""
    return ModelConfig(**{field.name: getattr(config, field.name) for field in fields(ModelConfig)})


def tree_of(config: ModelConfig) -> Tree:
    """A ModelConfig as plain data, every field of it written out, and one spelling for what is equal."""
    tree = {field.name: getattr(config, field.name) for field in fields(config)}
    for name, slot in FIELDS.items():
        tree[name] = [_node(slot, layer) for layer in tree[name]] if slot.per_layer else _node(slot, tree[name])
    model = config.gpt(vocab_size=1)
    for node, layer in zip(tree["attention"], config.attention, strict=True):
        if node.get("kv_heads") == config.n_head:
            node["kv_heads"] = None
        if hasattr(layer, "sizes"):
            node |= asdict(layer.sizes(model.head_dim))
    for node, layer in zip(tree["mlp"], config.mlp, strict=True):
        if hasattr(layer, "width"):
            node["hidden"] = layer.width(model)
        for key in NOT_COMPUTED:
            node.pop(key, None)
    return tree


def _node(slot: Slot, config: Any) -> Tree:
    hints = get_type_hints(type(config), include_extras=True)
    node: Tree = {"type": slot.of(config).name}
    for field in fields(config):
        value = getattr(config, field.name)
        inner = next((mark for mark in get_args(hints[field.name])[1:] if isinstance(mark, Slot)), None)
        node[field.name] = value if inner is None else _node(inner, value)
    return node


def differences(here: Tree, there: Tree) -> dict[str, tuple[Any, Any]]:
    """The dotted keys whose values differ, and both values; nodes of two types differ as a whole."""
    return _differences(here, there, "model")


def _differences(here: Any, there: Any, path: str) -> dict[str, tuple[Any, Any]]:
    if isinstance(here, list) and isinstance(there, list) and len(here) == len(there) == 1:
        here, there = here[0], there[0]
    nodes = isinstance(here, Mapping) and isinstance(there, Mapping)
    if nodes and here.get("type") == there.get("type"):
        found: dict[str, tuple[Any, Any]] = {}
        for key in there:
            found |= _differences(here.get(key), there[key], f"{path}.{key}")
        return found
    return {} if here == there else {path: (here, there)}


def _text(value: Any) -> str:
    """As an override would say it."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_text(item) for item in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
