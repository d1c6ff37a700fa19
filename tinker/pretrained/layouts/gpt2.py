"""GPT-2: matrices lie transposed (in, out), and queries, keys and values in one."""

from __future__ import annotations

from model.config import GPTConfig
from tinker.pretrained.layout import Tree
from tinker.pretrained.link import Link, same, stacked, transposed
from tinker.pretrained.published import Published


class Gpt2:
    """`GPT2LMHeadModel` of `transformers`."""

    recipe = "gpt2"
    prefix = "transformer."
    #: Causal masks that old files carry, and the head where it is the table.
    ignored = (r"h\.\d+\.attn\.(masked_)?bias", r"lm_head\.weight")

    def model(self, published: Published) -> Tree:
        published.only("activation_function", "gelu_new", "gelu_pytorch_tanh", default="gelu_new")
        published.only("scale_attn_weights", True, default=True)
        published.only("scale_attn_by_inverse_layer_idx", False, default=False)
        published.only("add_cross_attention", False, default=False)
        published.only("tie_word_embeddings", True, default=True)
        width = published.get("n_embd", 768)
        hidden = published.get("n_inner", 4 * width)
        return {
            "n_layer": published.get("n_layer", 12),
            "n_head": published.get("n_head", 12),
            "n_embd": width,
            "context": published.get("n_positions", 1024),
            "embedding": {"type": "token", "tied": True},
            "position": {"type": "learned"},
            "attention": {"type": "full", "kv_heads": None, "bias": True},
            "norm": {"type": "layer_norm", "bias": True, "eps": published.get("layer_norm_epsilon", 1e-5)},
            "mlp": {"type": "gelu", "bias": True, "approximate": "tanh", "hidden": hidden},
        }

    def published(self, model: Tree) -> Tree:
        return {
            "architectures": ["GPT2LMHeadModel"],
            "n_layer": model["n_layer"],
            "n_head": model["n_head"],
            "n_embd": model["n_embd"],
            "n_positions": model["context"],
            "n_inner": model["mlp"][0].get("hidden"),
            "layer_norm_epsilon": model["norm"].get("eps"),
            "activation_function": "gelu_new",
            "tie_word_embeddings": True,
            "bos_token_id": None,
            "eos_token_id": None,
        }

    def links(self, config: GPTConfig, published: Published) -> list[Link]:
        width = config.n_embd
        links = [same("wte.weight", "embedding.table.weight"), same("wpe.weight", "position.table.weight")]
        links += [same(f"ln_f.{name}", f"norm.{name}") for name in ("weight", "bias")]
        for layer in range(config.n_layer):
            theirs, ours = f"h.{layer}", f"blocks.{layer}"
            fused = [f"{ours}.attention.{name}" for name in ("query", "key", "value")]
            links.append(
                stacked(
                    f"{theirs}.attn.c_attn.weight", [f"{path}.weight" for path in fused], [width] * 3, transpose=True
                )
            )
            links.append(stacked(f"{theirs}.attn.c_attn.bias", [f"{path}.bias" for path in fused], [width] * 3))
            for their_name, our_name in (
                ("attn.c_proj", "attention.out"),
                ("mlp.c_fc", "mlp.up"),
                ("mlp.c_proj", "mlp.down"),
            ):
                links.append(transposed(f"{theirs}.{their_name}.weight", f"{ours}.{our_name}.weight"))
                links.append(same(f"{theirs}.{their_name}.bias", f"{ours}.{our_name}.bias"))
            for their_name, our_name in (("ln_1", "attention_norms"), ("ln_2", "mlp_norms")):
                links += [
                    same(f"{theirs}.{their_name}.{part}", f"{ours}.{our_name}.before.{part}")
                    for part in ("weight", "bias")
                ]
        return links


LAYOUT = Gpt2()
