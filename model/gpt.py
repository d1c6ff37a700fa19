"""The decoder: embed, position, blocks, norm, head.

    tokens (B, T) -> embedding -> + position -> dropout -> n_layer x block -> norm -> logits (B, T, V)

Every box is a slot. Shapes: B batch, T tokens, C = n_embd, V = vocab_size.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from model.block import Block
from model.config import GPTConfig
from model.dropout import KeyedDropout
from model.embedding import Embedding
from model.loss import Loss
from model.norm import Norm
from model.position import Position
from model.seeding import constructor_stream, initialise
from model.slots import EMBEDDING, INIT, LOSS, NORM, POSITION


class GPT(nn.Module):
    """A causal language model.

    Building it neither reads nor moves torch's global CPU generator. On the meta device (`with torch.device("meta")`)
    it has shapes and no values.

    Args:
        config: what it is made of.
        seed: of the initial values; a parameter's depend on the seed and its own path only.
    """

    def __init__(self, config: GPTConfig, seed: int) -> None:
        super().__init__()
        self.config = config
        with constructor_stream(seed):
            self.embedding: Embedding = EMBEDDING.build(config.embedding, config)
            self.position: Position = POSITION.build(config.position, config)
            self.dropout = KeyedDropout(config.dropout, "embedding")
            self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.n_layer))
            self.norm: Norm = NORM.build(config.norm, config.n_embd)
            self.loss: Loss = LOSS.build(config.loss, config)
        initialise(self, INIT.build(config.init, config), seed)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (B, T) long -> logits (B, T, V) of each next token.

        Raises:
            ValueError: more tokens than the context.
        """
        if tokens.shape[1] > self.config.context:
            raise ValueError(
                f"model.context: {tokens.shape[1]} tokens do not fit; allowed: up to {self.config.context}"
            )
        x = self.dropout(self.position.embed(self.embedding.embed(tokens)))  # (B, T, C)
        for block in self.blocks:
            x = block(x, self.position)
        return self.embedding.logits(self.norm(x))

    @staticmethod
    def token_nats(logits: Tensor, targets: Tensor) -> Tensor:
        """Plain cross entropy of each token, (B, T) nats: what evaluation reports, whatever training minimises."""
        nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        return nats.view(targets.shape)
