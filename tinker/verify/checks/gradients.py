"""Gradients: right by finite differences, finite, and there for every parameter."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError

from tinker.verify.finding import Finding, failed, names, ok
from tinker.verify.steps import random_batches, steps
from tinker.verify.subject import SEED, Subject, double, stirred

#: Some parameters begin to learn when others have left zero, and an expert must first be chosen.
STEPS = 8
#: gradcheck's: the step of finite differences, and how far a gradient may be from them, absolute and relative.
EPS, ATOL, RTOL = 1e-6, 1e-6, 1e-4


def gradcheck(subject: Subject) -> Finding:
    """`torch.autograd.gradcheck` of the training loss of 3 tokens, in double, along one random direction a parameter.

    A direction is a combination of all numbers of a parameter, so no wrong gradient is orthogonal to it but by chance,
    and a model of millions is checked in some hundred passes. The model is the arm's at its own widths, since variants'
    settings (heads, ranks, groups) go with them, but with one period of its layers and a small vocabulary; and with
    stirred weights, since a gradient that is zero hides errors. Dropout is off.
    """
    with double():
        model = stirred(subject.model(gpt=subject.shallow)).eval()
        named = dict(model.named_parameters())
        length = min(3, subject.gpt.context)
        text = subject.tokens(1, length + 1, vocab_size=subject.shallow.vocab_size)
        generator = torch.Generator().manual_seed(SEED)
        directions = [torch.randn(value.shape, generator=generator) for value in named.values()]

        def loss(distances: Tensor) -> Tensor:
            """(parameters,) how far each has moved along its direction -> the training loss."""
            pairs = zip(named.items(), directions, strict=True)
            moved = {path: p.detach() + distances[i] * way for i, ((path, p), way) in enumerate(pairs)}
            found: Tensor = torch.func.functional_call(model, moved, (text[:, :-1], text[:, 1:]))
            return found

        start = torch.zeros(len(named), requires_grad=True)
        try:
            torch.autograd.gradcheck(loss, start, eps=EPS, atol=ATOL, rtol=RTOL)
        except GradcheckError as error:
            wrong = [path for path, bad in zip(named, _wrong(loss, start), strict=True) if bad]
            first = str(error).strip().splitlines()[0]
            return failed(f"not that of finite differences: the gradient of {names(wrong)}" if wrong else first)
    numbers = sum(value.numel() for value in named.values())
    return ok(f"{len(named)} parameters ({numbers:,} numbers) of {subject.shallow.n_layer} layers, {length} tokens")


@torch.no_grad()
def _wrong(loss: Callable[[Tensor], Tensor], start: Tensor) -> list[bool]:
    """For each number of `start`, whether gradcheck objects to the gradient there."""
    with torch.enable_grad():
        [analytical] = torch.autograd.grad(loss(start), start)
    steps = EPS * torch.eye(len(start))
    numerical = torch.stack([(loss(start + step) - loss(start - step)) / (2 * EPS) for step in steps])
    right: list[bool] = torch.isclose(analytical, numerical, rtol=RTOL, atol=ATOL).tolist()
    return [not one for one in right]


def finite(subject: Subject) -> Finding:
    """The loss and all gradients of the first step."""
    model = subject.trained().train()
    for loss in steps(subject, model, subject.optimizer(model), random_batches(subject, 1)):
        bad = _not_finite(model)
        if not loss.isfinite() or bad:
            return failed(f"the first loss is {loss.item():.4g}; gradients that are not finite: {names(bad) or 'none'}")
    return ok(f"first loss {loss.item():.4f}, all gradients finite")


def alive(subject: Subject) -> Finding:
    """Every trained parameter gets a gradient that is finite and not zero, in one of the first steps."""
    model = subject.trained().train()
    dead = {path for path, parameter in model.named_parameters() if parameter.requires_grad}
    for step, loss in enumerate(steps(subject, model, subject.optimizer(model), random_batches(subject, STEPS))):
        bad = _not_finite(model)
        if not loss.isfinite() or bad:
            return failed(f"step {step}: the loss is {loss.item():.4g}; gradients not finite: {names(bad) or 'none'}")
        found = {path for path, p in model.named_parameters() if p.grad is not None and bool(p.grad.any())}
        dead -= found
        if not dead:
            return ok(f"every parameter has a gradient by step {step}")
    return failed(
        f"no gradient in {STEPS} steps: {names(path for path, _ in model.named_parameters() if path in dead)}"
    )


def _not_finite(model: torch.nn.Module) -> list[str]:
    return [path for path, p in model.named_parameters() if p.grad is not None and not p.grad.isfinite().all()]
