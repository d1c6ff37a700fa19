"""YAML with a line number for every key, and without the surprises of YAML 1.1.

`1e-4` is a number; `yes`, `no`, `on` and `off` are texts, and so are dates and `1:30`; a key is the text that is
written; a key that is there twice is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tinker.errors import UserError

Keys = tuple[str, ...]


class Loader(yaml.SafeLoader):
    """SafeLoader with the few implicit types that a grid needs."""


Loader.yaml_implicit_resolvers = {}
_NUMBER = list("-+.0123456789")
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|True|False)$"), list("tfTF"))
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|)$"), ["~", "n", "N", ""])
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9_]*)$"), _NUMBER)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+)$"),
    _NUMBER,
)


@dataclass(frozen=True)
class Document:
    """What a file says, and the line of each of its keys and list entries (1 is the first)."""

    path: Path
    data: dict[str, Any]
    lines: Mapping[Keys, int]

    def where(self, dotted: str) -> str:
        """`file:line` of a dotted key, or of the nearest one around it; of the file's first line, if there is none.

        A key may hold dots itself: `arms.mqa.model.n_layer` is found whether or not the file nests it.
        """
        asked = dotted.split(".")
        depth, line = 0, 1
        for keys, number in self.lines.items():
            parts = ".".join(keys).split(".")
            if len(parts) > depth and asked[: len(parts)] == parts:
                depth, line = len(parts), number
        return f"{self.path}:{line}"

    def line(self, *keys: str) -> str:
        """`file:line` of exactly these keys."""
        return f"{self.path}:{self.lines[keys]}"


def load_document(path: Path) -> Document:
    """Reads a file that holds one mapping.

    Raises:
        UserError: no such file, not YAML, a key twice, or something else than a mapping; with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file; expected a grid, a YAML file as those in grids/") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        if not isinstance(node, MappingNode):
            raise UserError(f"{path}:1: expected a mapping of keys (`name: ...`), not {_kind(node)}")
        lines: dict[Keys, int] = {}
        data = _mapping(loader, node, (), lines, path, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise UserError(f"{path}:{line}: not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}:1: not YAML: {' '.join(str(error).split())}") from None
    return Document(path, data, lines)


def _kind(node: Node | None) -> str:
    return {SequenceNode: "a list", ScalarNode: "one value"}.get(type(node), "an empty file")


def _value(loader: Loader, node: Node, keys: Keys, lines: dict[Keys, int], path: Path, around: tuple[Node, ...]) -> Any:
    if node in around:
        raise UserError(f"{path}:{node.start_mark.line + 1}: an alias inside its own anchor")
    if isinstance(node, MappingNode):
        return _mapping(loader, node, keys, lines, path, (*around, node))
    if isinstance(node, SequenceNode):
        items = []
        for i, item in enumerate(node.value):
            lines[(*keys, str(i))] = item.start_mark.line + 1
            items.append(_value(loader, item, (*keys, str(i)), lines, path, (*around, node)))
        return items
    return loader.construct_object(node)


def _mapping(
    loader: Loader, node: MappingNode, keys: Keys, lines: dict[Keys, int], path: Path, around: tuple[Node, ...]
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            raise UserError(f"{path}:{line}: a key must be text, not {_kind(key_node)}")
        key = str(key_node.value)
        if key in data:
            first = lines[(*keys, key)]
            raise UserError(f"{path}:{line}: the key {key!r} is in line {first} already; keep one of the two")
        lines[(*keys, key)] = line
        data[key] = _value(loader, value_node, (*keys, key), lines, path, around)
    return data
