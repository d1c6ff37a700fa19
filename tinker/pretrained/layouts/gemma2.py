"""Gemma 2: Llama with norms around each sublayer, softcaps, GeGLU, and windows in every other layer.

Its norms count their gain from 0, and scores are divided by the root of a number that need not be the head width.
"""

from __future__ import annotations

from typing import Any, ClassVar

from model.config import GPTConfig
from tinker.pretrained.layout import Tree
from tinker.pretrained.layouts.llama import Llama
from tinker.pretrained.link import Link, scaled, shifted
from tinker.pretrained.published import Published


class Gemma2(Llama):
    """`Gemma2ForCausalLM` of `transformers`."""

    recipe = "gemma2"
    architecture = "Gemma2ForCausalLM"
    norms: ClassVar = {
        "input_layernorm": "attention_norms.before",
        "post_attention_layernorm": "attention_norms.after",
        "pre_feedforward_layernorm": "mlp_norms.before",
        "post_feedforward_layernorm": "mlp_norms.after",
    }

    def model(self, published: Published) -> Tree:
        published.only("tie_word_embeddings", True, default=True)
        published.only("use_bidirectional_attention", False, default=False)
        return {
            **super().model(published),
            "embedding": {"type": "token", "tied": True, "scale": "sqrt_width"},
            "norm_place": {"type": "sandwich"},
            "attention_softcap": _softcap(published.values.get("attn_logit_softcapping", 50.0)),
            "logit_softcap": _softcap(published.values.get("final_logit_softcapping", 30.0)),
        }

    def sizes(self, published: Published) -> Tree:
        return {**super().sizes(published), "head_dim": published.get("head_dim", 256)}

    def attention(self, published: Published) -> list[Tree]:
        n_layer = published.need("num_hidden_layers")
        kinds = published.get("layer_types", ["sliding_attention", "full_attention"])
        window = {"type": "window", "size": published.get("sliding_window", 4096)}
        nodes = {"sliding_attention": window, "full_attention": {"type": "full"}}
        return [{**nodes[kinds[layer % len(kinds)]], **self.heads(published)} for layer in range(n_layer)]

    def mlp(self, published: Published) -> Tree:
        published.only("hidden_activation", "gelu_pytorch_tanh", default="gelu_pytorch_tanh")
        return {"type": "geglu", "hidden": published.need("intermediate_size"), "approximate": "tanh"}

    def published(self, model: Tree) -> Tree:
        kinds = {"window": "sliding_attention"}
        layers = [model["attention"][layer % len(model["attention"])] for layer in range(model["n_layer"])]
        tree = super().published(model)
        del tree["hidden_act"]
        return {
            **tree,
            "hidden_activation": "gelu_pytorch_tanh",
            "layer_types": [kinds.get(layer["type"], "full_attention") for layer in layers],
            "sliding_window": next((layer["size"] for layer in layers if "size" in layer), None),
            "query_pre_attn_scalar": tree["head_dim"],
            "attn_logit_softcapping": model["attention_softcap"].get("cap"),
            "final_logit_softcapping": model["logit_softcap"].get("cap"),
        }

    def attention_links(self, theirs: str, ours: str, config: GPTConfig, published: Published) -> list[Link]:
        links = super().attention_links(theirs, ours, config, published)
        # Ours divides scores by sqrt(head_dim); theirs by the root of this: the queries make up for the difference.
        factor = (config.head_dim / published.get("query_pre_attn_scalar", 256)) ** 0.5
        return [
            scaled(link.theirs, link.ours[0], factor) if link.theirs.startswith(f"{theirs}.q_proj.") else link
            for link in links
        ]

    def norm(self, theirs: str, ours: str) -> Link:
        return shifted(theirs, ours, by=1.0)


def _softcap(cap: Any) -> Tree:
    return {"type": "none"} if cap is None else {"type": "tanh", "cap": cap}


LAYOUT = Gemma2()
