"""The shipped recipes, each at every shipped scale."""

from __future__ import annotations

import pytest
import torch

from model.gpt import GPT
from model.slots import ATTENTION, MLP
from tests.config.conftest import Shipped
from tinker.config.groups import SHIPPED

RECIPES = sorted(path.stem for path in (SHIPPED / "recipe").glob("*.yaml"))
SCALES = sorted(path.stem for path in (SHIPPED / "scale").glob("*.yaml"))
ANY_CORPUS = "scale.corpora=[grammar]"


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_can_be_built_at_every_scale(recipe: str, shipped: Shipped) -> None:
    for scale in SCALES:
        config = shipped(f"recipe={recipe}", f"scale={scale}", ANY_CORPUS).gpt(vocab_size=65)
        with torch.device("meta"):
            tokens = torch.zeros(2, config.context, dtype=torch.long)
            assert GPT(config, seed=0).eval()(tokens).shape == (2, config.context, 65)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_parameter_of_a_recipe_learns(recipe: str, shipped: Shipped) -> None:
    config = shipped(f"recipe={recipe}", "scale=smoke").gpt(vocab_size=11)
    model = GPT(config, seed=0)
    tokens = torch.randint(11, (2, config.context), generator=torch.Generator().manual_seed(0))
    loss = model(tokens, tokens)
    torch.autograd.backward(loss)
    assert loss.isfinite()
    idle = [path for path, one in model.named_parameters() if one.grad is None or not one.grad.abs().sum() > 0]
    assert idle == []


def test_the_seven_of_the_readme_are_there() -> None:
    assert {"baseline-v0", "deepseek_v2", "gemma2", "gpt2", "llama", "mistral", "qwen3"} <= set(RECIPES)


def test_deepseek_has_one_dense_layer_and_then_mixtures_at_any_depth(shipped: Shipped) -> None:
    for scale in SCALES:
        config = shipped("recipe=deepseek_v2", f"scale={scale}", ANY_CORPUS).gpt(vocab_size=65)
        assert [MLP.of(layer).name for layer in config.mlp] == ["swiglu"] + ["moe"] * (config.n_layer - 1)


def test_gemma_alternates_windows_with_the_whole_past(shipped: Shipped) -> None:
    config = shipped("recipe=gemma2", "scale=gpu", ANY_CORPUS).gpt(vocab_size=65)
    assert [ATTENTION.of(layer).name for layer in config.attention] == ["window", "full"] * 3
