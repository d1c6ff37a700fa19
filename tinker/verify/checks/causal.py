"""No token sees a later one, and each sees itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from model.count import parameter_count
from model.dropout import set_dropout_key
from model.gpt import GPT
from tinker.verify.finding import Finding, failed, ok
from tinker.verify.movement import TOLERANCE, movement, replaced_at, replaced_from
from tinker.verify.subject import SEED, Subject, double, stirred

#: Cut points: all of them up to so many multiply-adds; else MOST, and for large models fewer, but FEWEST.
CHEAP, BUDGET, MOST, FEWEST = 4e9, 5e10, 12, 4
#: Cut points that are repeated in training mode.
TRAINING = 4
#: Multiply-adds, some minutes of one core, that changing one position at a time may cost in the full battery.
SCAN_BUDGET = 1e12


@dataclass(frozen=True)
class Leak:
    """`seer` sees `seen`, which comes later (or, where all tokens from `seen` on were replaced, one of them)."""

    seer: int
    seen: int
    size: float


@torch.no_grad()
def causal(subject: Subject) -> Finding:
    """Replaces all tokens after a cut: logits before it stay, those of the first replaced token move.

    In double, with all layers, the arm's own widths and context, stirred weights and dropout 0; at cut points that are
    spread and drawn, and at a few of them in training mode too. The full battery then changes one position at a time,
    which names the positions of a leak, and finds one that only two of them have.
    """
    with double():
        gpt = replace(subject.gpt, dropout=0.0)
        length, text = gpt.context, subject.tokens(1, gpt.context)
        model = stirred(subject.model(gpt=gpt)).eval()
        set_dropout_key(model, SEED, 0)
        cost = float(length * parameter_count(model))
        cuts = _cuts(length, length if length * cost <= CHEAP else max(FEWEST, min(MOST, int(BUDGET / cost))))
        found = _after_cuts(subject, model, text, cuts)
        if not subject.quick:
            found = _one_by_one(subject, model, text, max(8, int(SCAN_BUDGET / cost)), found)
        if found.state == "ok":
            trained = _after_cuts(subject, model.train(), text, cuts[:: max(1, len(cuts) // TRAINING)][:TRAINING])
            found = failed(f"in training mode, {trained.seen}") if trained.state == "failed" else found
    return found


def _after_cuts(subject: Subject, model: GPT, text: Tensor, cuts: Tensor) -> Finding:
    """Replaces every token from a cut on; one batch covers all pairs of positions on either side of its cuts."""
    moved, tolerance = movement(model, text, replaced_from(text, cuts, subject.gpt.vocab_size), subject)
    leaks, blind = _judged(moved, cuts, tolerance)
    if leaks:
        leak = max(leaks, key=lambda leak: leak.size)
        return failed(
            f"a leak: position {leak.seer} sees position {leak.seen} or one after it (logits move by {leak.size:.2g}); "
            f"{len(leaks)} of {len(cuts)} cuts are seen through"
        )
    if blind:
        return failed(_blind(blind, cuts))
    which = "all tokens replaced after each position" if len(cuts) == text.shape[1] else f"{len(cuts)} cuts"
    return ok(f"{which} of {text.shape[1]}, also in training: earlier logits stay within {TOLERANCE:g}")


def _one_by_one(subject: Subject, model: GPT, text: Tensor, most: int, found: Finding) -> Finding:
    """Changes the token at each position in turn, or at some if that would take too long, which the finding says."""
    places, length = _places(text.shape[1], most), text.shape[1]
    moved, tolerance = movement(model, text, replaced_at(text, places, subject.gpt.vocab_size), subject)
    leaks, blind = _judged(moved, places, tolerance)
    if leaks:
        leak = max(leaks, key=lambda leak: leak.size)
        return failed(
            f"a leak: position {leak.seer} sees position {leak.seen}, a later one (logits move by {leak.size:.2g}); "
            f"{len(leaks)} of {len(places)} positions are seen too early"
        )
    if found.state == "ok" and blind:
        return failed(_blind(blind, places))
    which = "each" if len(places) == length else f"{len(places)}"
    return replace(found, seen=f"{found.seen}; {which} of {length} positions changed alone")


def _judged(moved: Tensor, places: Tensor, tolerance: float) -> tuple[list[Leak], list[int]]:
    """The leaks to before the first changed position of each row, and the positions that do not see themselves."""
    leaks, blind = [], []
    for place, row in zip(places.tolist(), moved, strict=True):
        early = ~(row[:place] <= tolerance)  # so that NaN is a leak
        leaks += [Leak(int(early.nonzero()[0]), place, float(row[:place].max()))] if early.any() else []
        blind += [] if row[place] > tolerance else [place]
    return leaks, blind


def _blind(blind: list[int], places: Tensor) -> str:
    return f"logits do not depend on the token at their own position ({len(blind)} of {len(places)} positions)"


def _cuts(length: int, count: int) -> Tensor:
    """How many tokens are kept, from 0 to length - 1: the ends, where blocks often end, some spread and some drawn."""
    if length <= count:
        return torch.arange(length)
    usual = [length - 1, 1, length // 2, 100, 64]
    spread = torch.linspace(0, length, count // 3 + 2).long().tolist()[1:-1]
    drawn = torch.randperm(length, generator=torch.Generator().manual_seed(SEED)).tolist()
    chosen = dict.fromkeys(cut for cut in [*usual, *spread, *drawn] if 0 < cut < length)
    return torch.tensor(sorted(list(chosen)[:count]))


def _places(length: int, most: int) -> Tensor:
    """All positions; or about so many: powers of two and their neighbours, where blocks end, then evenly spread."""
    if length <= most:
        return torch.arange(length)
    edges = {0, length - 1, *(2**n for n in range(length.bit_length()) if 2**n < length)}
    spread = torch.linspace(0, length - 1, max(2, most - len(edges)), dtype=torch.float64).round().long()
    return torch.tensor(sorted({*edges, *spread.tolist()}))
