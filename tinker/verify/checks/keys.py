"""Every key of every chosen variant's Config is read by what it configures."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from model.registry import Slot
from model.slots import FIELDS
from tinker.train.slots import FINETUNE, OPTIMIZER, SCHEDULE
from tinker.verify.finding import Finding, failed, names, ok
from tinker.verify.reads import Reads, reads
from tinker.verify.steps import random_batches, steps
from tinker.verify.subject import Subject

STEPS = 2
#: Which backend computes softmax attention is chosen by every recipe; attention without a softmax uses none.
MAY_IDLE = ("model.backend",)


def keys(subject: Subject) -> Finding:
    """Builds the arm, trains it for some steps, evaluates it and asks its schedule for rates, and notes what is read.

    Named are: a key that was given a value and that nothing read; one that was left at its default and that no line of
    the variant's files reads; and a variant that nothing built, as where attention has no scores to cap. What a Config
    reads of itself in `check`, `parameters` and `active_parameters` does not count. Corpora are not asked.
    """
    chosen = list(_chosen(subject))
    configs = {key: config for key, _, config in chosen}
    with reads(configs.values()) as seen:
        _run(subject)
    idle = [key for key, _, config in chosen if key.startswith("model.") and id(config) not in seen.built]
    unbuilt = [
        f"{key} ({slot.of(config).name})"
        for key, slot, config in chosen
        if key in idle and key not in MAY_IDLE and slot.of(config).name != "none"
    ]
    unread = [
        line
        for key, slot, config in chosen
        if key not in idle
        for line in _unread(key, config, slot.of(config).cls, seen)
    ]
    wrong = [f"no part of this arm builds {names(unbuilt)}"] if unbuilt else []
    wrong += [f"nothing reads {names(unread)}"] if unread else []
    if wrong:
        return failed("; ".join(wrong))
    count = sum(1 for config in configs.values() for _ in fields(config))
    return ok(f"{count} keys of {len(chosen)} variants")


def _chosen(subject: Subject) -> Iterator[tuple[str, Slot, Any]]:
    """Each variant's Config with its key and slot; one that several layers share comes once."""
    for name, slot in FIELDS.items():
        value = getattr(subject.gpt, name)
        layers = list({id(one): one for one in value}.values()) if slot.per_layer else [value]
        for layer, config in enumerate(layers):
            yield f"model.{name}" + (f".{layer}" if len(layers) > 1 else ""), slot, config
    for name, slot in (("optimizer", OPTIMIZER), ("schedule", SCHEDULE), ("finetune", FINETUNE)):
        yield name, slot, getattr(subject.config, name)


def _run(subject: Subject) -> None:
    config, model = subject.config, subject.trained()
    rate = SCHEDULE.of(config.schedule).cls(config.schedule, config.optimizer.lr, config.train.steps)
    for step in range(0, config.train.steps + 1, max(1, config.train.steps // 100)):
        rate(step)
    for _ in steps(subject, model.train(), subject.optimizer(model), random_batches(subject, STEPS)):
        pass
    model.eval()(subject.tokens(1, subject.gpt.context))


def _unread(key: str, config: Any, cls: type, seen: Reads) -> Iterator[str]:
    for field in fields(config):
        value = getattr(config, field.name)
        if (id(config), field.name) in seen.fields:
            if is_dataclass(value):
                yield from _unread(f"{key}.{field.name}", value, cls, seen)
        elif value != _default(field) or not _mentioned(field.name, cls):
            yield f"{key}.{field.name}"


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _mentioned(name: str, cls: type) -> bool:
    """Whether a file of the variant or of its parents reads an attribute of that name outside of a Config.

    A key may be read on a branch that other values of the arm lead to; left at its default it promises nothing.
    """
    files = {parent.__module__ for parent in cls.__mro__} - {"builtins", "typing"}
    return any(
        isinstance(node, ast.Attribute) and node.attr == name
        for module in files
        if not module.startswith("torch")
        for node in _outside_of_configs(ast.parse(inspect.getsource(sys.modules[module])))
    )


def _outside_of_configs(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.ClassDef) and child.name == "Config"):
            yield child
            yield from _outside_of_configs(child)
