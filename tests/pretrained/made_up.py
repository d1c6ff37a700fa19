"""Small models of the recipes' architectures, with weights that leave no parameter at a value which hides a mistake."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from model.config import GPTConfig
from model.gpt import GPT
from tinker.config.accelerator import resolve_accelerator
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig

VOCABULARY = 37
CONTEXT = 16
SIZES = ["scale=smoke", "model.n_layer=3", "model.n_head=4", "model.n_embd=16", f"model.context={CONTEXT}"]


def config_of(*overrides: str, vocab_size: int = VOCABULARY) -> GPTConfig:
    """What `tinker train` would build for these overrides."""
    composed = resolve_accelerator(compose(["scale=smoke", *overrides], config_dirs=[]))
    return TrialConfig.from_dict(composed).gpt(vocab_size)


def scatter(model: nn.Module, seed: int = 0) -> None:
    """Every parameter normal, gains around what they start at (1, or 0 where they count from there)."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            draw = torch.randn(parameter.shape, generator=generator)
            gain = parameter.dim() == 1 and name.endswith("weight")
            parameter.copy_(parameter.mean() + 0.3 * draw if gain else 0.3 * draw)


def ours(*overrides: str) -> GPT:
    """A model of that recipe at a small size."""
    model = GPT(config_of(*SIZES, *overrides), seed=0).eval()
    scatter(model)
    return model


def logits_of(folder: Path, config: GPTConfig, tokens: Tensor) -> Tensor:
    """What our GPT computes with the weights of that folder."""
    from tinker.pretrained import load_pretrained

    model = GPT(config, seed=0).eval()
    model.load_state_dict(load_pretrained(folder, config))
    with torch.no_grad():
        return model(tokens)


def tokens() -> Tensor:
    """(2, CONTEXT) long: longer than any window here."""
    return torch.randint(VOCABULARY, (2, CONTEXT), generator=torch.Generator().manual_seed(1))
