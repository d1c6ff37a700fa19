"""Adapters on every shipped architecture: each one is trained, and merging keeps what the model computes."""

from __future__ import annotations

import pytest
import torch

from model.gpt import GPT
from tinker.config.accelerator import resolve_accelerator
from tinker.config.compose import compose
from tinker.config.groups import Groups
from tinker.config.schema import TrialConfig
from tinker.train.slots import FINETUNE

pytest.importorskip("peft", reason="adapters need peft (pip install 'tinker-matrix[lora]')")

pytestmark = pytest.mark.xdist_group("peft")

SIZES = ("scale=smoke", "model.n_layer=2", "model.n_head=4", "model.n_embd=16", "model.context=8")
VOCABULARY = 19


@pytest.mark.parametrize(("kind", "bound"), [("lora", 1e-5), ("qlora", 1e-3)])
def test_every_adapter_of_every_recipe_is_trained_and_merges(kind: str, bound: float) -> None:
    if kind == "qlora":
        pytest.importorskip("bitsandbytes", reason="qlora needs bitsandbytes")
    recipes = Groups.find([]).options("recipe")
    assert "deepseek_v2" in recipes, "its latent attention and its experts are the hardest"
    for recipe in recipes:
        composed = resolve_accelerator(compose([*SIZES, f"recipe={recipe}"], config_dirs=[]))
        config = TrialConfig.from_dict(composed).gpt(VOCABULARY)
        variant = FINETUNE.get(kind)
        finetune = variant.cls(variant.config(r=2, alpha=4.0))
        model = GPT(config, seed=0).eval()
        finetune.attach(model, seed=1)
        generator = torch.Generator().manual_seed(2)
        trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        with torch.no_grad():
            for name, parameter in trained.items():
                if "lora_B" in name:
                    parameter.normal_(0.0, 0.1, generator=generator)
        tokens, targets = torch.randint(VOCABULARY, (2, 64, 8), generator=generator)  # many: each expert gets some
        model(tokens, targets).backward()
        untouched = [name for name, parameter in trained.items() if parameter.grad is None or not parameter.grad.any()]
        assert untouched == [], f"{recipe}: a module reads its weight past the adapter"
        merged = GPT(config, seed=3).eval()
        merged.load_state_dict(finetune.merged(model))
        with torch.no_grad():
            assert (merged(tokens) - model(tokens)).abs().max() <= bound, recipe
