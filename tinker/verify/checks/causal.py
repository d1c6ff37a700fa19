"""No token sees a later one, and each sees itself."""

from __future__ import annotations

import torch
from torch import Tensor

from model.count import parameter_count
from model.gpt import GPT
from tinker.verify.finding import Finding, failed, ok
from tinker.verify.subject import Subject, double, stirred

#: Logits of earlier tokens may move by this, relative to the largest. The two passes that are compared have the same
#: shapes, and a row stands at the same place of the batch in both, so equal inputs meet the same kernels and give equal
#: bits; only what sorts tokens by their content (experts) may add up in another order, which moves a double by 1e-15.
#: A leak of one part in 1e7, the last digit of fp32, is a thousand times above it.
TOLERANCE = 1e-10
#: Multiply-adds, some seconds and some minutes of one core, that the positions may cost.
QUICK_BUDGET, BUDGET = 1e10, 1e12
TOKENS_PER_PASS = 4096


@torch.no_grad()
def causal(subject: Subject) -> Finding:
    """Changes the token at each position in turn: earlier logits stay, its own logits move.

    In double, in eval mode, at the arm's own widths and context and with stirred weights. Where that would take too
    long it is done with one period of the layers, and if need be at some positions only, which the finding says.
    """
    with double():
        budget = QUICK_BUDGET if subject.quick else BUDGET
        gpt, length = subject.gpt, subject.gpt.context
        model = subject.model()
        if _cost(model, length) * length > budget:
            gpt = subject.shallow
            model = subject.model(gpt=gpt)
        stirred(model).eval()
        places = _places(length, max(8, int(budget / _cost(model, length))))
        base = subject.tokens(1, length, vocab_size=gpt.vocab_size)
        leaks, blind = [], []
        for chunk in torch.split(places, max(1, TOKENS_PER_PASS // length)):
            if len(places) > len(chunk):
                subject.say(f"position {int(chunk[0]) + 1} of {length}")
            moved, tolerance = _moved(model, base, chunk, gpt.vocab_size)
            for place, row in zip(chunk.tolist(), moved, strict=True):
                early = ~(row[:place] <= tolerance)  # so that NaN is a leak
                leaks += [(place, int(early.nonzero()[0]), float(row[:place].max()))] if early.any() else []
                blind += [] if row[place] > 0 else [place]
    if leaks:
        place, seen_by, size = max(leaks, key=lambda leak: leak[2])
        return failed(
            f"a leak: position {seen_by} sees position {place}, a later one (logits move by {size:.2g}); "
            f"{len(leaks)} of {len(places)} positions are seen too early"
        )
    if blind:
        return failed(
            f"logits do not depend on the token at their own position ({len(blind)} of {len(places)} positions)"
        )
    which = "each" if len(places) == length else f"{len(places)}"
    layers = "" if gpt.n_layer == subject.gpt.n_layer else f", {gpt.n_layer} of {subject.gpt.n_layer} layers"
    return ok(f"{which} of {length} positions changed{layers}: earlier logits stay within {TOLERANCE:g}")


def _cost(model: GPT, length: int) -> float:
    """Multiply-adds of one position: two passes over `length` tokens."""
    return 2.0 * length * parameter_count(model)


def _places(length: int, most: int) -> Tensor:
    """All positions; or about so many: powers of two and their neighbours, where blocks end, then evenly spread."""
    if length <= most:
        return torch.arange(length)
    edges = {0, length - 1, *(2**n for n in range(length.bit_length()) if 2**n < length)}
    spread = torch.linspace(0, length - 1, max(2, most - len(edges)), dtype=torch.float64).round().long()
    return torch.tensor(sorted({*edges, *spread.tolist()}))


def _moved(model: GPT, base: Tensor, places: Tensor, vocab_size: int) -> tuple[Tensor, float]:
    """How far logits move, (places, T), when row i has another token at places[i]; and what may be rounding."""
    rows = base.repeat(len(places), 1)
    before = model(rows)
    changed = rows.clone()
    numbers = torch.arange(len(places))
    changed[numbers, places] = (rows[numbers, places] + 1) % vocab_size
    moved = (model(changed) - before).abs().amax(-1)
    return moved, TOLERANCE * max(1.0, float(before.abs().max()))
