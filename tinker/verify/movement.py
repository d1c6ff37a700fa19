"""How far logits move when later tokens of a text are replaced."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from model.gpt import GPT
from tinker.verify.subject import SEED, Subject

#: Logits of earlier tokens may move by this, relative to the largest. All passes have the same shapes, so equal inputs
#: meet the same kernels and give equal bits; only what sorts tokens by their content (experts) may add up in another
#: order, which moves a double by 1e-15. A leak of one part in 1e7, fp32's last digit, is a thousand times above it.
TOLERANCE = 1e-10
TOKENS_PER_PASS = 1024


def movement(model: GPT, text: Tensor, changed: Tensor, subject: Subject) -> tuple[Tensor, float]:
    """How far the logits of each changed text, rows of (N, T), are from those of `text`, (1, T).

    The text itself goes through the model once, in a batch of its own. A batch holds as many rows as that one did, so
    also what mixes the rows of a batch (their mean, say) shows: it moves logits of tokens before the change.

    Returns:
        (N, T) the largest difference over the vocabulary, and the difference that may be rounding.
    """
    rows = min(len(changed), max(1, TOKENS_PER_PASS // text.shape[1]))
    before = _logits(model, text.repeat(rows, 1))
    found: list[Tensor] = []
    for batch in torch.split(changed, rows):
        if len(changed) > rows:
            subject.say(f"text {len(found) * rows + 1} of {len(changed)}")
        filled = torch.cat([batch, text.repeat(rows - len(batch), 1)])
        found.append((_logits(model, filled) - before).abs().amax(-1)[: len(batch)])
    return torch.cat(found), TOLERANCE * max(1.0, float(before.abs().max()))


def _logits(model: GPT, rows: Tensor) -> Tensor:
    """One pass. In training mode of a copy, since a pass may leave running statistics behind; noise is the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        found: Tensor = (copy.deepcopy(model) if model.training else model)(rows)
    return found


def replaced_from(text: Tensor, kept: Tensor, vocab_size: int) -> Tensor:
    """(len(kept), T): the text with its first `kept[i]` tokens, and others than its own after them."""
    generator = torch.Generator().manual_seed(SEED)
    other = (text + torch.randint(1, max(2, vocab_size), text.shape, generator=generator)) % vocab_size
    return torch.where(torch.arange(text.shape[1]) < kept[:, None], text, other)


def replaced_at(text: Tensor, places: Tensor, vocab_size: int) -> Tensor:
    """(len(places), T): the text with another token at `places[i]`."""
    return torch.where(torch.arange(text.shape[1]) == places[:, None], (text + 1) % vocab_size, text)
