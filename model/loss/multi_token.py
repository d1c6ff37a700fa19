"""Multi-token prediction: each token also predicts those after the next, by small heads used in training only.

Shapes: B batch, T tokens, C = n_embd, V = vocab_size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.linear import ResidualLinear
from model.slots import LOSS


@LOSS.variant(paper="https://arxiv.org/abs/2404.19737")
class MultiToken(nn.Module):
    """The nats of the next token, plus `weight` times those of each of the `tokens - 1` after it.

    Head k turns the stream into `x + W_k x` and shares the unembedding; the paper's heads are whole blocks, and a
    linear map is among its ablations. The last k tokens of a sequence have no k-th target and are left out there. The
    logits of the model, and so its evaluation, are those of the next token alone.
    """

    @dataclass(frozen=True)
    class Config:
        """tokens: how many each place predicts, 1 being plain cross entropy; weight: of those after the next."""

        tokens: int = 2
        weight: float = 1.0

        def check(self, model: GPTConfig, key: str) -> None:
            if not 1 <= self.tokens <= model.context:
                allowed = f"1 to model.context {model.context}"
                raise ValueError(f"{key}.tokens: {self.tokens} are not in a sequence; allowed: {allowed}")
            if not self.weight > 0:
                raise ValueError(f"{key}.weight: {self.weight} teaches the heads nothing; allowed: above 0")

        def parameters(self, model: GPTConfig) -> int:
            return (self.tokens - 1) * model.n_embd**2

    def __init__(self, config: Config, model: GPTConfig) -> None:
        super().__init__()
        self.weight, width = config.weight, model.n_embd
        self.heads = nn.ModuleList(ResidualLinear(width, width, bias=False) for _ in range(config.tokens - 1))

    def forward(self, x: Tensor, targets: Tensor, head: Callable[[Tensor], Tensor]) -> Tensor:
        loss = nats(head(x), targets)
        for ahead, further in enumerate(self.heads, start=1):
            if ahead < targets.shape[1]:  # a shorter sequence has no such target
                early = x[:, :-ahead]  # (B, T - ahead, C)
                loss = loss + self.weight * nats(head(early + further(early)), targets[:, ahead:])
        return loss


def nats(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean cross entropy of logits (B, T, V) and targets (B, T)."""
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())
