"""oneDNN's products, where the arm asks for them, train as torch's own do."""

from __future__ import annotations

import torch
from torch import Tensor

from model.dropout import set_dropout_key
from tinker.train.matmul import multiply_by_onednn, require_onednn
from tinker.verify.finding import Finding, failed, ok, skipped
from tinker.verify.subject import SEED, Subject, stirred

#: Of the loss, and of a gradient's elements to the largest of all: rounding, in weights that were stirred.
TOLERANCE = 1e-4


def products(subject: Subject) -> Finding:
    """The loss and the gradients of a batch with both libraries, on a CPU."""
    train = subject.config.train
    if train.matmul == "torch":
        return skipped("torch's own products are the reference")
    require_onednn(train)
    (usual, wanted), (other, found) = (_step(subject, onednn=onednn) for onednn in (False, True))
    if wanted.keys() != found.keys():
        return failed(f"only one has gradients of {', '.join(sorted(wanted.keys() ^ found.keys()))}")
    largest = max(float(gradient.abs().max()) for gradient in wanted.values())
    furthest = max(float((found[path] - wanted[path]).abs().max()) for path in wanted)
    seen = (
        f"oneDNN and torch: losses differ by {abs(other - usual):.2g}, gradients by {furthest:.2g}, the largest is "
        f"{largest:.2g}"
    )
    same = abs(other - usual) <= TOLERANCE * usual and furthest <= TOLERANCE * largest
    return ok(seen) if same else failed(seen)


def _step(subject: Subject, *, onednn: bool) -> tuple[float, dict[str, Tensor]]:
    model = stirred(subject.trained()).train()
    if onednn:
        multiply_by_onednn(model)
    set_dropout_key(model, SEED, 0)
    text = subject.tokens(2, subject.gpt.context)
    loss: Tensor = model(text, torch.roll(text, -1, 1))
    loss.backward()  # type: ignore[no-untyped-call]
    named = model.named_parameters()
    return float(loss.detach()), {path: each.grad for path, each in named if each.grad is not None}
