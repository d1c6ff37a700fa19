"""Dropout acts in training, by its key alone, and in evaluation not at all."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from model.config import GPTConfig
from model.dropout import set_dropout_key
from model.gpt import GPT
from tinker.verify.finding import Finding, failed, ok
from tinker.verify.subject import SEED, Subject

#: For an arm that has none.
TRIED = 0.5


@torch.no_grad()
def dropout(subject: Subject) -> Finding:
    """Two passes in eval mode are equal, and equal to a model without dropout; with equal keys so are two in training.

    An arm that trains without dropout is tried with some, unless its variants refuse that.
    """
    gpt, refused = _dropping(subject.gpt)
    model, plain = subject.model(gpt=gpt), subject.model(gpt=replace(gpt, dropout=0.0))
    text = subject.tokens(2, gpt.context)
    evaluated = model.eval()(text)
    if not torch.equal(evaluated, model(text)):
        return failed("two passes in eval mode differ: something draws random numbers, or keeps a state, in evaluation")
    if not torch.equal(evaluated, plain.eval()(text)):
        return failed(f"in eval mode the logits depend on model.dropout={gpt.dropout:g}: it is not switched off")
    first, again, silent = _trained(model, text), _trained(model, text), _trained(plain, text)
    if not torch.equal(first, again):
        return failed("in training two passes with equal dropout keys differ: something draws numbers of its own")
    if refused:
        return ok(f"off in evaluation; the arm cannot drop ({refused})")
    if torch.equal(first, silent):
        return failed(f"model.dropout={gpt.dropout:g} changes nothing in training")
    return ok(f"p={gpt.dropout:g}: acts in training by its key, off in evaluation")


def _dropping(gpt: GPTConfig) -> tuple[GPTConfig, str]:
    """The model with dropout, or as it is and why that cannot be."""
    if gpt.dropout > 0:
        return gpt, ""
    try:
        return replace(gpt, dropout=TRIED), ""
    except ValueError as error:
        return gpt, str(error).partition(";")[0]


def _trained(model: GPT, text: Tensor) -> Tensor:
    set_dropout_key(model.train(), SEED, 0)
    logits: Tensor = model(text)
    return logits
