"""The one evaluation: a deterministic pass over the whole validation split, dropout off, sums in double precision."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from model.gpt import GPT
from tinker.data.corpus import Corpus
from tinker.train.compiled import for_any_rows

#: Tokens in one forward pass. It bounds memory and is no hyperparameter: every arm has the same.
TOKENS_PER_PASS = 8192


@torch.no_grad()
def evaluate(
    model: GPT, corpus: Corpus, context: int, device: torch.device, alive: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """Mean nats per validation token, and what follows from it. `alive` is called after each batch.

    Returns:
        `val_loss` (nats/token); `val_bpb` (bits per byte) where the corpus knows its bytes; where it knows the true
        probabilities, `excess` over that floor (nats/token) and `excess_<skill>` over the tokens of each skill.
    """
    was_training = model.training
    model.eval()
    skills = corpus.skills
    nats = torch.zeros((), dtype=torch.float64)
    tokens = torch.zeros((), dtype=torch.float64)
    excess = torch.zeros(len(skills), dtype=torch.float64)
    counts = torch.zeros(len(skills), dtype=torch.float64)
    for batch in corpus.validation(context, max(1, TOKENS_PER_PASS // context)):
        weight = batch.weight.double()  # (B, T), 0 where the last window is padded
        logits = model(for_any_rows(model, batch.inputs.to(device)))
        nats_each = model.token_nats(logits, batch.targets.to(device))
        loss = nats_each.cpu().double() * weight  # in this order: MPS has no doubles
        nats += loss.sum()
        tokens += weight.sum()
        if batch.floor is not None and batch.skill is not None:
            over = (loss - batch.floor.double() * weight).flatten()
            skill = batch.skill.flatten()
            excess.index_add_(0, skill, over)
            counts.index_add_(0, skill, weight.flatten())
        alive()
    model.train(was_training)
    return _metrics(float(nats), float(tokens), corpus, excess, counts)


def _metrics(nats: float, tokens: float, corpus: Corpus, excess: Tensor, counts: Tensor) -> dict[str, float]:
    metrics = {"val_loss": nats / tokens}
    if corpus.val_bytes is not None:
        metrics["val_bpb"] = nats / math.log(2) / corpus.val_bytes
    if corpus.skills:
        metrics["excess"] = float(excess.sum()) / tokens
        for name, total, count in zip(corpus.skills, excess.tolist(), counts.tolist(), strict=True):
            metrics[f"excess_{name}"] = total / count
    return metrics
