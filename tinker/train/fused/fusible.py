"""What cannot be trained as one program, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from model.dropout import set_dropout_key
from model.gpt import GPT
from tinker.config.schema import TrialConfig
from tinker.train.fused.stack import Stack
from tinker.train.slots import FINETUNE

#: Relative difference of a loss, and of a gradient's elements to its largest, that is taken for rounding.
ROUNDING = {"fp32": 1e-4, "tf32": 1e-2, "bf16": 1e-1}


class NotFusible(Exception):  # noqa: N818  # no error: there is another way
    """These trials have to be trained one after another; the text is the reason, in words for people."""


def refusal(config: TrialConfig) -> str | None:
    """Why trials of this config cannot be fused, as far as the config says; None where it says nothing against it."""
    train = config.train
    if train.devices > 1:
        return f"train.devices is {train.devices}, and a stack lies on one device"
    if train.accumulate > 1:
        return f"train.accumulate is {train.accumulate}: what does not fit at once is no smaller in a stack"
    if train.compile:
        return "train.compile is true, and a stack is not compiled"
    if train.precision == "fp16":
        return "train.precision is fp16, whose gradients are scaled by one number for all that is trained together"
    finetune = FINETUNE.of(config.finetune).name
    if finetune != "none":
        return f"finetune is {finetune}, whose frozen weights would be held once for each replicate"
    return None


def refusal_of_model(config: TrialConfig, vocab_size: int) -> str | None:
    """As `refusal`, of a trial on this CPU, where its first step can be tried; a GPU has kernels of its own."""
    why = refusal(config)
    if why is not None or config.train.accelerator != "cpu":
        return why
    models = [GPT(config.gpt(vocab_size), seed) for seed in range(2)]
    tokens = torch.randint(vocab_size, (2, 1, config.model.context), generator=torch.Generator().manual_seed(0))
    try:
        with torch.autocast("cpu", torch.bfloat16, enabled=config.train.precision == "bf16"):
            require_batched(models, range(2), tokens, tokens.roll(-1, -1), config.train.precision)
    except NotFusible as error:
        return str(error)
    return None


def require_batched(
    models: Sequence[GPT], seeds: Sequence[int], inputs: Tensor, targets: Tensor, precision: str
) -> None:
    """Tries the first step both ways on copies of some models, with the dropout of `seeds`, on batches (R, B, T).

    Raises:
        NotFusible: an operation of the model has no batched form, or something else comes out.
    """
    copies = [deepcopy(model).train() for model in models]
    alone = [_alone(*each) for each in zip(copies, seeds, inputs, targets, strict=True)]
    try:
        with _batched_only():
            stack = Stack([deepcopy(model).train() for model in models], seeds)
            losses = stack.losses(inputs, targets, step=0)
            losses.sum().backward()  # type: ignore[no-untyped-call]  # untyped in torch
    except Exception as error:  # whatever a variant's code raises when its tensors are batched
        raise NotFusible(f"the model cannot be batched: {str(error).partition(chr(10))[0]}") from error
    for row, (loss, gradients) in enumerate(alone):
        if not _close(losses[row].detach(), loss, float(loss.abs()), precision):
            raise NotFusible(f"its loss is another in a stack: {losses[row].item():g}, alone {float(loss):g}")
        largest = max(float(each.abs().max()) for each in gradients.values() if each is not None)
        for path, gradient in gradients.items():
            stacked = stack.parameters[path].grad
            if gradient is None or stacked is None:
                same = gradient is stacked
            else:
                same = _close(stacked[row], gradient, max(float(gradient.abs().max()), 0.01 * largest), precision)
            if not same:
                raise NotFusible(f"the gradient of {path} is another in a stack")


def _alone(model: GPT, seed: int, inputs: Tensor, targets: Tensor) -> tuple[Tensor, dict[str, Tensor | None]]:
    set_dropout_key(model, seed, step=0)
    loss = model(inputs, targets)
    loss.backward()
    return loss.detach(), {path: parameter.grad for path, parameter in model.named_parameters()}


def _close(found: Tensor, wanted: Tensor, size: float, precision: str) -> bool:
    """Whether they differ by rounding only, where numbers are of that size; what is not finite cannot say."""
    if not wanted.isfinite().all():
        return True
    return float((found - wanted).abs().max()) <= ROUNDING[precision] * size


@contextmanager
def _batched_only() -> Iterator[None]:
    """Inside, an operation that torch would do for one row after another is an error: it would gain nothing."""
    functorch: Any = torch._C._functorch
    before = functorch._is_vmap_fallback_enabled()
    functorch._set_vmap_fallback_enabled(False)
    try:
        yield
    finally:
        functorch._set_vmap_fallback_enabled(before)
