"""A folder's weights as those of our GPT: every tensor used, every parameter filled once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from model.config import GPTConfig
from model.gpt import GPT
from model.slots import LOSS
from tinker.errors import UserError
from tinker.pretrained.agree import check_agrees
from tinker.pretrained.folder import Weights
from tinker.pretrained.layout import layout
from tinker.pretrained.link import Link
from tinker.pretrained.published import Published

#: The one parameter whose shape has the context in it.
PLACES = "position.table.weight"


def load_pretrained(folder: Path, config: GPTConfig) -> dict[str, Tensor]:
    """A state dict of `GPT(config)` in fp32 on the CPU, with the folder's weights.

    The context may be shorter than the folder's: of learned positions the first are taken.

    Raises:
        UserError: no layout for this folder, a config.json of another model, or tensors that are missing, unknown or of
            another shape than it says.
    """
    published = Published.read(folder)
    found = layout(str(published.need("model_type")), str(published.where))
    check_agrees(found, published, config)
    whole = replace(config, context=found.model(published)["context"])
    with torch.device("meta"):
        parameters = GPT(whole, seed=0).state_dict()
    links = found.links(whole, published)
    once = Counter(path for link in links for path in link.ours)
    assert max(once.values()) == 1 and once.keys() <= parameters.keys(), once - Counter(parameters.keys())
    if empty := sorted(parameters.keys() - once.keys()):
        raise UserError(
            f"{folder}: its files have nothing for {_some(empty)}, which the model has of its own (the loss is "
            f"{LOSS.of(config.loss).name}); choose what has no parameters, as model.loss=cross_entropy"
        )
    weights: dict[str, Tensor] = {}
    with Weights(folder, found.prefix) as file:
        _check_names(folder, file, links, found.ignored)
        for link in links:
            shape = link.save([parameters[path] for path in link.ours]).shape
            if file.shapes[link.theirs] != shape:
                raise UserError(
                    f"{folder}: {link.theirs} has the shape {list(file.shapes[link.theirs])}, and the model of its "
                    f"config.json has {list(shape)} there; the files are not of one model"
                )
            weights |= zip(link.ours, link.load(file.read(link.theirs)), strict=True)
    if PLACES in weights:
        weights[PLACES] = weights[PLACES][: config.context]
    return {path: value.contiguous() for path, value in weights.items()}


def _check_names(folder: Path, file: Weights, links: Iterable[Link], ignored: Iterable[str]) -> None:
    needed = {link.theirs for link in links}
    known = re.compile("|".join(ignored) or r"(?!)")
    missing = sorted(needed - file.shapes.keys())
    extra = sorted(name for name in file.shapes.keys() - needed if not known.fullmatch(name))
    problems = [
        f"{_some(names)} {verb}"
        for names, verb in ((missing, "missing"), (extra, "that its model does not have"))
        if names
    ]
    if problems:
        raise UserError(f"{folder}: tensors unlike those of its config.json: {'; '.join(problems)}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
