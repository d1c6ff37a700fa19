"""Llama: the layout that most decoders since have taken over, with a tensor of its own for each projection."""

from __future__ import annotations

from typing import ClassVar

from model.config import GPTConfig
from tinker.pretrained.layout import Tree
from tinker.pretrained.link import Link, same
from tinker.pretrained.published import Published
from tinker.pretrained.rope import position_of, rope_of


class Llama:
    """`LlamaForCausalLM` of `transformers`; subclasses change what theirs do otherwise.

    Attributes:
        architecture: the class of `transformers`.
        biased: projections of attention that `attention_bias` gives a bias.
        norms: the layout's names of a layer's norms, and ours.
    """

    recipe = "llama"
    architecture = "LlamaForCausalLM"
    prefix = "model."
    #: Frequencies that old files carry, and the head where it is the table.
    ignored = (r"layers\.\d+\.self_attn\.rotary_emb\.inv_freq", r"lm_head\.weight")
    norms: ClassVar = {"input_layernorm": "attention_norms.before", "post_attention_layernorm": "mlp_norms.before"}
    eps = 1e-6

    def model(self, published: Published) -> Tree:
        return {
            **self.sizes(published),
            "embedding": {"type": "token", "tied": published.get("tie_word_embeddings", False)},
            "position": position_of(published),
            "attention": self.attention(published),
            "norm": {"type": "rms_norm", "eps": published.get("rms_norm_eps", self.eps)},
            "mlp": self.mlp(published),
        }

    def sizes(self, published: Published) -> Tree:
        """Of the model and of its heads."""
        n_head, n_embd = published.need("num_attention_heads"), published.need("hidden_size")
        return {
            "n_layer": published.need("num_hidden_layers"),
            "n_head": n_head,
            "n_embd": n_embd,
            "head_dim": published.get("head_dim", n_embd // n_head),
            "context": published.need("max_position_embeddings"),
        }

    def heads(self, published: Published) -> Tree:
        """What full and windowed attention have in common."""
        kv_heads = published.get("num_key_value_heads", published.need("num_attention_heads"))
        return {"kv_heads": kv_heads, "bias": published.get("attention_bias", False)}

    def attention(self, published: Published) -> Tree | list[Tree]:
        """One node, or one for each layer."""
        return {"type": "full", **self.heads(published)}

    def mlp(self, published: Published) -> Tree | list[Tree]:
        """One node, or one for each layer."""
        published.only("hidden_act", "silu", default="silu")
        bias = published.get("mlp_bias", False)
        return {"type": "swiglu", "hidden": published.need("intermediate_size"), "bias": bias}

    def published(self, model: Tree) -> Tree:
        attention, mlp = model["attention"][0], model["mlp"][0]
        return {
            "architectures": [self.architecture],
            "num_hidden_layers": model["n_layer"],
            "num_attention_heads": model["n_head"],
            "num_key_value_heads": attention.get("kv_heads") or model["n_head"],
            "hidden_size": model["n_embd"],
            "head_dim": model["head_dim"] or model["n_embd"] // model["n_head"],
            "intermediate_size": mlp.get("hidden", model["n_embd"]),
            "max_position_embeddings": model["context"],
            "attention_bias": attention.get("bias", False),
            "mlp_bias": mlp.get("bias", False),
            "hidden_act": "silu",
            "rms_norm_eps": model["norm"].get("eps"),
            "rope_parameters": rope_of(model["position"]),
            "tie_word_embeddings": model["embedding"].get("tied"),
            "bos_token_id": None,
            "eos_token_id": None,
            "pad_token_id": None,
        }

    def links(self, config: GPTConfig, published: Published) -> list[Link]:
        model = self.model(published)
        links = [same("embed_tokens.weight", "embedding.table.weight"), self.norm("norm.weight", "norm.weight")]
        if not model["embedding"]["tied"]:
            links.append(same("lm_head.weight", "embedding.head.weight"))
        for layer in range(config.n_layer):
            theirs, ours = f"layers.{layer}", f"blocks.{layer}"
            links += self.attention_links(f"{theirs}.self_attn", f"{ours}.attention", config, published)
            links += self.mlp_links(f"{theirs}.mlp", f"{ours}.mlp", layer, published)
            links += [self.norm(f"{theirs}.{a}.weight", f"{ours}.{b}.weight") for a, b in self.norms.items()]
        return links

    def attention_links(self, theirs: str, ours: str, config: GPTConfig, published: Published) -> list[Link]:
        """Of one layer."""
        parts = ("weight", "bias") if self.heads(published)["bias"] else ("weight",)
        names = {"q_proj": "query", "k_proj": "key", "v_proj": "value", "o_proj": "out"}
        return [same(f"{theirs}.{a}.{part}", f"{ours}.{b}.{part}") for a, b in names.items() for part in parts]

    def mlp_links(self, theirs: str, ours: str, layer: int, published: Published) -> list[Link]:
        """Of one layer."""
        return gated_links(theirs, ours, bias=published.get("mlp_bias", False))

    def norm(self, theirs: str, ours: str) -> Link:
        """Of one norm's gain."""
        return same(theirs, ours)


def gated_links(theirs: str, ours: str, *, bias: bool = False) -> list[Link]:
    """Of one MLP with a gate."""
    parts = ("weight", "bias") if bias else ("weight",)
    return [same(f"{theirs}.{a}_proj.{part}", f"{ours}.{a}.{part}") for a in ("gate", "up", "down") for part in parts]


LAYOUT = Llama()
