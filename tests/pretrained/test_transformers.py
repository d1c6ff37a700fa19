"""The layouts against the models of `transformers` themselves, with random weights and no download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from model.gpt import GPT
from tests.pretrained.made_up import CONTEXT, VOCABULARY, config_of, logits_of, scatter, tokens
from tinker.pretrained import load_pretrained, overrides_for, save_pretrained

transformers = pytest.importorskip("transformers", reason="transformers is not installed (pip install -e .[dev])")

CLOSE = 3e-5  # absolute, of logits of several units in fp32; 1e-5 and less was seen
LATENT = {
    "num_hidden_layers": 3,
    "num_key_value_heads": 4,
    "first_k_dense_replace": 1,
    "kv_lora_rank": 8,
    "q_lora_rank": None,
    "qk_nope_head_dim": 8,
    "qk_rope_head_dim": 4,
    "v_head_dim": 6,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "n_shared_experts": 2,
    "moe_intermediate_size": 12,
}
NO_SPECIAL = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
SMALL = {"n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": CONTEXT}
DECODER = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
    "rms_norm_eps": 1e-2,  # so large that a norm which has another is seen
}


@dataclass(frozen=True)
class Case:
    """One model of `transformers`: its `model_type`, and the keys of its config."""

    model_type: str
    keys: dict[str, Any] = field(default_factory=dict)


def rope(kind: str, **keys: float) -> dict[str, Any]:
    """Fast enough to see every place of a short context."""
    return {"rope_type": kind, "rope_theta": 100.0, **keys}


CASES = {
    "gpt2": Case("gpt2", {**SMALL, "layer_norm_epsilon": 1e-2}),
    "gpt2, narrow": Case("gpt2", {**SMALL, "n_head": 2, "n_inner": 24}),
    "llama": Case("llama", {**DECODER, "rms_norm_eps": 1e-5}),
    "llama, tied, biases": Case(
        "llama", {**DECODER, "tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True, "head_dim": 6}
    ),
    "mistral": Case("mistral", {**DECODER, "sliding_window": 5}),
    "mistral, no window": Case("mistral", {**DECODER, "sliding_window": None}),
    "qwen3": Case("qwen3", {**DECODER, "head_dim": 8}),
    "gemma2": Case(
        "gemma2",
        {
            **DECODER,
            "head_dim": 8,
            "query_pre_attn_scalar": 12,
            "sliding_window": 5,
            "attn_logit_softcapping": 4.0,
            "final_logit_softcapping": 6.0,
        },
    ),
    "gemma2, no softcaps, windows at the end": Case(
        "gemma2",
        {
            **DECODER,
            "head_dim": 4,
            "query_pre_attn_scalar": 4,
            "sliding_window": 3,
            "attn_logit_softcapping": None,
            "final_logit_softcapping": None,
            "layer_types": ["full_attention", "full_attention", "sliding_attention"],
        },
    ),
    "deepseek_v2": Case("deepseek_v2", {**DECODER, **LATENT}),
    "deepseek_v2, latent queries, scaled as the published": Case(
        "deepseek_v2",
        {
            **DECODER,
            **LATENT,
            "q_lora_rank": 6,
            "first_k_dense_replace": 0,
            "routed_scaling_factor": 1.5,
            "rope_parameters": {
                **rope("yarn", factor=4.0, original_max_position_embeddings=8),
                "mscale": 0.5,
                "mscale_all_dim": 0.7,
            },
        },
    ),
    "llama, linear": Case("llama", {**DECODER, "rope_parameters": rope("linear", factor=3.0)}),
    "llama, llama3": Case(
        "llama",
        {
            **DECODER,
            "head_dim": 8,
            "rope_parameters": rope(
                "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16
            ),
        },
    ),
    "llama, yarn": Case(
        "llama",
        {
            **DECODER,
            "head_dim": 8,
            "rope_parameters": rope("yarn", factor=4.0, original_max_position_embeddings=64, beta_fast=4, beta_slow=1),
        },
    ),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Tensor]]:
    """The folder that `transformers` wrote for a case, and its logits for `tokens()`; made once each."""
    made: dict[str, tuple[Path, Tensor]] = {}

    def make(name: str) -> tuple[Path, Tensor]:
        if name not in made:
            case, folder = CASES[name], tmp_path_factory.mktemp("published")
            config = transformers.AutoConfig.for_model(
                case.model_type, vocab_size=VOCABULARY, attn_implementation="eager", **NO_SPECIAL, **case.keys
            )
            model = transformers.AutoModelForCausalLM.from_config(config).eval()
            scatter(model)
            model.save_pretrained(folder)
            made[name] = folder, _logits(model)
        return made[name]

    return make


def _logits(model: Any) -> Tensor:
    with torch.no_grad():
        logits: Tensor = model(tokens()).logits
    assert logits.abs().max() > 1
    return logits


@pytest.mark.parametrize("name", CASES)
def test_our_model_has_their_logits_and_theirs_has_ours(
    name: str, published: Callable[[str], tuple[Path, Tensor]], tmp_path: Path
) -> None:
    folder, theirs = published(name)
    config = config_of(*overrides_for(folder))
    assert (logits_of(folder, config, tokens()) - theirs).abs().max() < CLOSE

    model = GPT(config, seed=0)
    scatter(model, seed=1)
    save_pretrained(model, tmp_path, CASES[name].model_type)
    read = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager").eval()
    with torch.no_grad():
        assert (model.eval()(tokens()) - _logits(read)).abs().max() < CLOSE
    again = load_pretrained(tmp_path, config)
    assert all(torch.allclose(value, again[path], atol=1e-6) for path, value in model.state_dict().items())


def test_shards_are_put_together(published: Callable[[str], tuple[Path, Tensor]], tmp_path: Path) -> None:
    folder, theirs = published("llama")
    transformers.AutoModelForCausalLM.from_pretrained(folder).save_pretrained(tmp_path, max_shard_size="8KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    assert (logits_of(tmp_path, config_of(*overrides_for(tmp_path)), tokens()) - theirs).abs().max() < CLOSE
