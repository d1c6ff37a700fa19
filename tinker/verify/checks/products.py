"""oneDNN's products, where the arm asks for them, train as torch's own do."""

from __future__ import annotations

import torch
from torch import Tensor

from model.dropout import set_dropout_key
from tinker.train.matmul import multiply_by_onednn, require_onednn
from tinker.verify.finding import Finding, failed, ok, skipped
from tinker.verify.subject import SEED, Subject, stirred

#: Of the loss, and of a gradient's elements to its largest: rounding, in weights that were stirred.
TOLERANCE = 1e-4
#: Of the largest gradient of all: a parameter's own that is smaller is measured against that.
SMALL = 0.01


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
    apart = {path: _apart(found[path], wanted[path], SMALL * largest) for path in wanted}
    furthest = max(apart, key=lambda path: apart[path])
    seen = (
        f"oneDNN and torch: losses differ by {abs(other - usual):.2g}, gradients by at most {apart[furthest]:.2g} of "
        f"themselves ({furthest})"
    )
    same = abs(other - usual) <= TOLERANCE * usual and apart[furthest] <= TOLERANCE
    return ok(seen) if same else failed(f"{seen}; choose train.matmul=torch")


def _apart(found: Tensor, wanted: Tensor, least: float) -> float:
    """The largest difference of an element, over the largest element, which counts as `least` if it is smaller."""
    return float((found - wanted).abs().max()) / max(float(wanted.abs().max()), least)


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
