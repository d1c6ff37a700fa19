"""A compiled model, the same whatever this process has compiled before.

torch keeps what it has compiled by function, and `GPT.forward` is the function of all models of a process. At its ninth
kind of call it stops compiling and goes on eagerly, with no more than a line in the log; and a batch of another shape
than the last model's is compiled for any shape, which rounds otherwise. So in a worker that has trained other arms a
trial would be another one than alone.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from model.gpt import GPT
from tinker.config.schema import TrialConfig

_kind: object = None


def compile_as_if_alone(model: GPT, config: TrialConfig) -> None:
    """Compiles `model`, in place, when it is first called.

    Where the trial before it in this process was of another kind, all that torch has compiled here is forgotten; its
    files stay, so that a kind that comes again is traced again and costs seconds. What was compiled for one kind serves
    all its seeds and rates.
    """
    global _kind
    kind = replace(config, optimizer=None, schedule=None, checkpoint=None, logger=None)  # type: ignore[arg-type]
    if kind != _kind:
        torch.compiler.reset()
        _kind = kind
    model.compile()


def for_any_rows(model: GPT, tokens: Tensor) -> Tensor:
    """The same tokens (B, T), for which a compiled `model` is compiled whatever B is.

    An evaluation's last batch has fewer rows. Where the others have as many as a step's, torch would find that out too
    late: a trial that was cut off after it would evaluate by one kernel before and by another after.
    """
    if model._compiled_call_impl is not None:
        torch._dynamo.maybe_mark_dynamic(tokens, 0)
    return tokens
