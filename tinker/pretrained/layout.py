"""What a layout knows: the keys of its config.json, and the names and forms of its tensors."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

from model.config import GPTConfig
from tinker.errors import UserError
from tinker.pretrained.link import Link
from tinker.pretrained.published import Published

Tree = dict[str, Any]

#: Slots that a layout leaves alone, unless it says otherwise.
PLAIN: Tree = {
    "qk_norm": {"type": "none"},
    "attention_softcap": {"type": "none"},
    "sinks": {"type": "none"},
    "gate": {"type": "none"},
    "value_residual": {"type": "none"},
    "conv": {"type": "none"},
    "norm_place": {"type": "pre"},
    "residual": {"type": "standard"},
    "logit_softcap": {"type": "none"},
}


class Layout(Protocol):
    """One file of `tinker.pretrained.layouts`, as its `LAYOUT`.

    Attributes:
        recipe: the shipped recipe of this architecture.
        prefix: of the names of tensors; a file may leave it out.
        ignored: regular expressions of tensors that hold nothing learned.
    """

    recipe: str
    prefix: str
    ignored: Sequence[str]

    def model(self, published: Published) -> Tree:
        """Under `model:`, what the config.json means: sizes (context: the longest sequence) and slots unlike PLAIN.

        Raises:
            UserError: what no variant here computes.
        """

    def published(self, model: Tree) -> Tree:
        """The config.json (less vocab_size and model_type) of a model with these keys under `model:`.

        Of a model that this layout cannot hold it need not be right: it is read back and compared.
        """

    def links(self, config: GPTConfig, published: Published) -> list[Link]:
        """All of the file's tensors and all of our parameters."""


def layouts() -> list[str]:
    """Every `model_type` with a layout."""
    package = import_module("tinker.pretrained.layouts")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def layout(model_type: str, where: str) -> Layout:
    """The layout of that `model_type`.

    Raises:
        UserError: naming those there are.
    """
    if model_type not in layouts():
        raise UserError(f"{where}: no layout for model_type {model_type!r}; there are: {', '.join(layouts())}")
    found: Layout = import_module(f"tinker.pretrained.layouts.{model_type}").LAYOUT
    return found
