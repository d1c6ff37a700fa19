"""Overrides for a folder: what they say is the folder's model, whatever that is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.pretrained.made_up import SIZES, config_of, logits_of, ours, tokens
from tinker.errors import UserError
from tinker.pretrained import overrides_for, save_pretrained


def test_they_name_the_recipe_the_sizes_and_what_differs(tmp_path: Path) -> None:
    save_pretrained(ours("recipe=mistral", *SIZES, "model.attention.size=7"), tmp_path, "mistral")
    assert overrides_for(tmp_path) == [
        "recipe=mistral",
        "model.n_layer=3",
        "model.n_head=4",
        "model.n_embd=16",
        "model.context=16",
        "model.attention.size=7",
    ]


@pytest.mark.parametrize(
    ("model_type", "changes"),
    [
        ("gpt2", ["model.mlp.hidden=20"]),
        ("llama", ["model.position={type:rotary,theta:50000,scaling:{type:yarn,factor:4,temperature:1.5}}"]),
        ("qwen3", ["model.head_dim=8", "model.attention.bias=true"]),
        ("gemma2", ["model.logit_softcap.cap=20", "model.attention=[{type:window,size:3}]"]),
        (
            "deepseek_v2",
            [
                "model.n_layer=2",
                "model.attention={type:mla,q_rank:5,rope_dim:2}",
                "model.mlp=[swiglu,{type:moe,renormalise:false,top_k:1,experts:3,shared:1,scale:2}]",
            ],
        ),
    ],
)
def test_they_make_the_model_that_was_saved(model_type: str, changes: list[str], tmp_path: Path) -> None:
    model = ours(f"recipe={model_type}", *SIZES, *changes)
    save_pretrained(model, tmp_path, model_type)
    again = config_of(*overrides_for(tmp_path))
    with torch.no_grad():
        assert torch.allclose(logits_of(tmp_path, again, tokens()), model(tokens()), atol=1e-5)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"model_type": "llama", "rope_scaling": {"type": "dynamic", "factor": 2.0}}, "rope_type is 'dynamic'"),
        ({"model_type": "llama", "hidden_act": "gelu"}, 'hidden_act is "gelu"'),
        ({"model_type": "gpt2", "scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is true"),
        ({"model_type": "qwen3", "use_sliding_window": True}, "use_sliding_window is true"),
        ({"model_type": "deepseek_v2", "topk_method": "group_limited_greedy"}, "topk_method is"),
        ({"model_type": "mixtral"}, "no layout for model_type 'mixtral'"),
        ({"model_type": "llama", "hidden_size": None}, "hidden_size is missing"),
    ],
)
def test_what_no_variant_computes_is_one_message(keys: dict[str, object], says: str, tmp_path: Path) -> None:
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4}
    more = {"max_position_embeddings": 16, "num_experts_per_tok": 2, "vocab_size": 37}
    (tmp_path / "config.json").write_text(json.dumps({**sizes, **more, **keys}))
    with pytest.raises(UserError, match=says) as caught:
        overrides_for(tmp_path)
    assert "\n" not in str(caught.value)
