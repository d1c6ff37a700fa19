"""The decoder: embed, position, blocks, norm, head.

    tokens (B, T) -> embedding -> + position -> dropout -> n_layer x block -> norm -> logits (B, T, V)

Every box is a slot. Shapes: B batch, T tokens, C = n_embd, V = vocab_size.
"""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from model.block import Block
from model.config import GPTConfig
from model.dropout import KeyedDropout
from model.embedding import Embedding
from model.init_rule import InitRule
from model.loss import Loss
from model.norm import Norm
from model.norm_place import NormPlace
from model.position import Position
from model.residual import Residual
from model.seeding import constructor_stream, initialise
from model.slots import EMBEDDING, INIT, LOSS, NORM, NORM_PLACE, POSITION, SOFTCAP
from model.softcap import Softcap
from model.state import ForwardState


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
        self.rule: InitRule = INIT.build(config.init, config)
        place = cast(type[NormPlace], NORM_PLACE.of(config.norm_place).cls)
        with constructor_stream(seed):
            self.embedding: Embedding = EMBEDDING.build(config.embedding, config)
            self.position: Position = POSITION.build(config.position, config)
            self.dropout = KeyedDropout(config.dropout, "embedding")
            self.embedding_norm: Norm = (
                NORM.build(config.norm, config.n_embd) if place.norms_embedding else nn.Identity()
            )
            self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.n_layer))
            self.norm: Norm = NORM.build(config.norm, config.n_embd) if place.norms_output else nn.Identity()
            self.logit_softcap: Softcap = SOFTCAP.build(config.logit_softcap)
            self.loss: Loss = LOSS.build(config.loss, config)
        initialise(self, self.rule, seed)

    def forward(self, tokens: Tensor, targets: Tensor | None = None) -> Tensor:
        """Tokens (B, T) long -> logits (B, T, V) of each next token; with targets (B, T) long -> the training loss.

        The loss is a scalar in nats, whatever the layers add to it (`ForwardState.penalties`) included. It is computed
        in here, so that what wraps or compiles a forward pass sees all of a training step.

        Raises:
            ValueError: more tokens than the context.
        """
        if tokens.shape[1] > self.config.context:
            raise ValueError(
                f"model.context: {tokens.shape[1]} tokens do not fit; allowed: up to {self.config.context}"
            )
        x = self.embedding_norm(self.dropout(self.position.embed(self.embedding.embed(tokens))))  # (B, T, C)
        state = ForwardState(self.position, x)
        first, last = (cast(Residual, self.blocks[i].residual) for i in (0, -1))
        x = first.enter(x)
        for block in self.blocks:
            x = block(x, state)
        x = self.norm(last.leave(x))
        if targets is None:
            return self.logits(x)
        loss = self.loss(x, targets, self.logits)
        for penalty in state.penalties:
            loss = loss + penalty
        return loss

    def logits(self, x: Tensor) -> Tensor:
        """The head: the normed stream (B, T, C) -> (B, T, V)."""
        if self.rule.output_scale != 1.0:
            x = x * self.rule.output_scale
        return self.logit_softcap(self.embedding.logits(x))

    def lr_scales(self) -> dict[str, float]:
        """By which each parameter's learning rate is multiplied: 1 unless the init rule says otherwise, as muP does."""
        owners = {path: self.get_submodule(path.rpartition(".")[0]) for path, _ in self.named_parameters()}
        return {path: self.rule.lr_scale(owner, path) for path, owner in owners.items()}

    @staticmethod
    def token_nats(logits: Tensor, targets: Tensor) -> Tensor:
        """Plain cross entropy of each token, (B, T) nats: what evaluation reports, whatever training minimises."""
        nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        return nats.view(targets.shape)
