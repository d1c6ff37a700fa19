"""Gradients: right by finite differences, finite, and there for every parameter."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError

from tinker.verify.finding import Finding, failed, names, ok
from tinker.verify.steps import random_batches, steps
from tinker.verify.subject import SEED, Subject, double, stirred

#: Some parameters begin to learn when others have left zero, and an expert must first be chosen.
STEPS = 8


def gradcheck(subject: Subject) -> Finding:
    """`torch.autograd.gradcheck` of the training loss of 3 tokens, in double, for all parameters at once.

    The model is the arm's at its own widths, since variants' settings (heads, ranks, groups) go with them, but with one
    period of its layers and a small vocabulary; and with stirred weights, since a gradient that is zero hides errors.
    `fast_mode` compares one random projection of each parameter's Jacobian, which no wrong gradient passes but by
    chance. Dropout is off.
    """
    with double():
        model = stirred(subject.model(gpt=subject.shallow)).eval()
        paths, values = zip(*model.named_parameters(), strict=True)
        length = min(3, subject.gpt.context)
        text = subject.tokens(1, length + 1, vocab_size=subject.shallow.vocab_size)

        def loss(*parameters: Tensor) -> Tensor:
            named = dict(zip(paths, parameters, strict=True))
            found: Tensor = torch.func.functional_call(model, named, (text[:, :-1], text[:, 1:]))
            return found

        state = torch.random.get_rng_state()
        torch.default_generator.manual_seed(SEED)  # of the projections
        try:
            torch.autograd.gradcheck(loss, values, eps=1e-6, atol=1e-6, rtol=1e-4, fast_mode=True)
        except GradcheckError as error:
            return failed(_blamed(str(error), paths))
        finally:
            torch.random.set_rng_state(state)
    numbers = sum(value.numel() for value in values)
    return ok(f"{len(paths)} parameters ({numbers:,} numbers) of {subject.shallow.n_layer} layers, {length} tokens")


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


def _blamed(text: str, paths: tuple[str, ...]) -> str:
    """gradcheck's message in one line, with the parameter that it speaks of."""
    first = next(line for line in text.splitlines() if line.strip())
    for number, path in enumerate(paths):
        if f"input {number}," in first or f"input {number} " in first or first.endswith(f"input {number}"):
            return f"{path}: its gradient is not that of finite differences ({first.strip()})"
    return first.strip()
