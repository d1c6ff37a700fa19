"""The published training loop once more, from torch primitives alone: the ruler for `test_reference_parity`.

Nothing here comes from `model/` or `tinker/`. Weights are a flat dict of tensors; the only things that it has in common
with the code under test are what `baseline-v0` is on paper, and the names and formulas of the random streams.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

STD, EPS, BETAS, DECAY, CLIP = 0.02, 1e-5, (0.9, 0.99), 0.1, 1.0


@dataclass(frozen=True)
class Sizes:
    """The published setting."""

    vocab: int
    layers: int = 6
    heads: int = 6
    width: int = 384
    context: int = 256
    dropout: float = 0.2
    peak: float = 1e-3
    final: float = 1e-4
    warmup: int = 100
    steps: int = 5000


def initial_weights(sizes: Sizes, seed: int) -> dict[str, Tensor]:
    """A normal tensor for each matrix, drawn from a generator seeded by (seed, path); ones for each gain."""
    c = sizes.width
    shapes = {"embedding.table": (sizes.vocab, c), "position.table": (sizes.context, c), "norm": (c,)}
    for layer in range(sizes.layers):
        at = f"blocks.{layer}"
        shapes |= {f"{at}.attention.{name}": (c, c) for name in ("query", "key", "value", "out")}
        shapes |= {f"{at}.mlp.up": (4 * c, c), f"{at}.mlp.down": (c, 4 * c)}
        shapes |= {f"{at}.residual.attention_norm": (c,), f"{at}.residual.mlp_norm": (c,)}
    weights = {}
    for name, shape in shapes.items():
        path = f"{name}.weight"
        number = int.from_bytes(sha256(f"{seed}/{path}".encode()).digest()[:8], "little") >> 1
        writes = name.endswith((".out", ".down"))  # two writes to the residual stream a layer
        std = STD / math.sqrt(2 * sizes.layers) if writes else STD
        drawn = torch.randn(shape, generator=torch.Generator().manual_seed(number)) * std
        weights[path] = (drawn if len(shape) == 2 else torch.ones(shape)).requires_grad_()
    return weights


def keep_mask(shape: torch.Size, p: float, seed: int, step: int, place: str) -> Tensor:
    """1 / (1 - p) where a 32-bit hash of the element's index and the key is high enough, else 0."""
    first, second = np.frombuffer(sha256(f"{seed}/{step}/{place}".encode()).digest()[:8], "<u4")
    h = np.arange(shape.numel(), dtype=np.uint32) ^ first
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x7FEB352D)
    h ^= second
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x846CA68B)
    signed_order = h ^ np.uint32(1 << 31)  # 0 is the lowest signed number
    kept = signed_order >= np.uint32(round(p * 2**32))
    return torch.from_numpy(kept.astype(np.float32) / np.float32(1 - p)).view(shape)


def loss_of(weights: dict[str, Tensor], sizes: Sizes, inputs: Tensor, targets: Tensor, seed: int, step: int) -> Tensor:
    """Mean nats of a batch (B, T), with the dropout of that step."""

    def drop(x: Tensor, place: str) -> Tensor:
        return x * keep_mask(x.shape, sizes.dropout, seed, step, place) if sizes.dropout else x

    def norm(x: Tensor, name: str) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        return centred / torch.sqrt(centred.square().mean(-1, keepdim=True) + EPS) * weights[f"{name}.weight"]

    batch, length = inputs.shape
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    x = weights["embedding.table.weight"][inputs] + weights["position.table.weight"][:length]
    x = drop(x, "embedding")
    for layer in range(sizes.layers):
        at = f"blocks.{layer}"
        h = norm(x, f"{at}.residual.attention_norm")
        q, k, v = (
            (h @ weights[f"{at}.attention.{name}.weight"].T).view(batch, length, sizes.heads, -1).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        scores = (q @ k.transpose(2, 3)) / math.sqrt(sizes.width // sizes.heads)
        attention = drop(torch.softmax(scores.masked_fill(future, -math.inf), -1), f"{at}.attention.weights")
        read = (attention @ v).transpose(1, 2).reshape(batch, length, sizes.width)
        x = x + drop(read @ weights[f"{at}.attention.out.weight"].T, f"{at}.attention.write")
        h = norm(x, f"{at}.residual.mlp_norm") @ weights[f"{at}.mlp.up.weight"].T
        h = 0.5 * h * (1 + torch.erf(h / math.sqrt(2)))
        x = x + drop(h @ weights[f"{at}.mlp.down.weight"].T, f"{at}.mlp.write")
    logits = norm(x, "norm") @ weights["embedding.table.weight"].T
    return F.cross_entropy(logits.reshape(-1, sizes.vocab), targets.reshape(-1))


def rate(sizes: Sizes, step: int) -> float:
    """Linear warm-up, then half a cosine to the final rate."""
    if step < sizes.warmup:
        return sizes.peak * (step + 1) / (sizes.warmup + 1)
    done = (step - sizes.warmup) / (sizes.steps - sizes.warmup)
    return sizes.final + (sizes.peak - sizes.final) * (1 + math.cos(math.pi * done)) / 2


def train(sizes: Sizes, batches: Iterator[tuple[Tensor, Tensor]], seed: int) -> list[float]:
    """The training loss of each batch."""
    weights = initial_weights(sizes, seed)
    matrices = [w for w in weights.values() if w.dim() == 2]
    gains = [w for w in weights.values() if w.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": DECAY}, {"params": gains, "weight_decay": 0.0}], betas=BETAS
    )
    losses = []
    for step, (inputs, targets) in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = rate(sizes, step)
        loss = loss_of(weights, sizes, inputs, targets, seed, step)
        optimizer.zero_grad()
        loss.backward()
        size = torch.sqrt(sum((w.grad.square().sum() for w in weights.values()), torch.zeros(())))
        for weight in weights.values():
            weight.grad *= min(1.0, CLIP / (float(size) + 1e-6))
        optimizer.step()
        losses.append(loss.item())
    return losses
