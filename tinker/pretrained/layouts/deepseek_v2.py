"""DeepSeek-V2: latent attention whose rotated parts pair neighbours (ours pair halves), dense layers, then mixtures."""

from __future__ import annotations

import torch
from torch import Tensor

from model.config import GPTConfig
from tinker.pretrained.layout import Tree
from tinker.pretrained.layouts.llama import Llama, gated_links
from tinker.pretrained.link import Link, reordered, same, stacked
from tinker.pretrained.published import Published
from tinker.pretrained.rope import deepseek_temperature


class DeepseekV2(Llama):
    """`DeepseekV2ForCausalLM` of `transformers`: the greedy router, as in V2-Lite, and no groups of experts."""

    recipe = "deepseek_v2"
    architecture = "DeepseekV2ForCausalLM"

    def model(self, published: Published) -> Tree:
        for key in ("attention_bias", "mlp_bias", "norm_topk_prob"):
            published.only(key, False, default=False)
        published.only("topk_method", "greedy", default="greedy")
        published.only("scoring_func", "softmax", default="softmax")
        published.only("moe_layer_freq", 1, default=1)
        heads = published.need("num_attention_heads")
        published.only("num_key_value_heads", heads, default=heads)
        return super().model(published)

    def sizes(self, published: Published) -> Tree:
        return {**super().sizes(published), "head_dim": None}  # attention says all widths itself

    def attention(self, published: Published) -> Tree:
        return {
            "type": "mla",
            "q_rank": published.values.get("q_lora_rank", 1536),  # null says that there is none
            "kv_rank": published.get("kv_lora_rank", 512),
            "nope_dim": published.get("qk_nope_head_dim", 128),
            "rope_dim": published.get("qk_rope_head_dim", 64),
            "value_dim": published.get("v_head_dim", 128),
            "eps": 1e-6,  # whatever rms_norm_eps says
        }

    def mlp(self, published: Published) -> list[Tree]:
        mixture = {
            "type": "moe",
            "experts": published.get("n_routed_experts", 64),
            "top_k": published.need("num_experts_per_tok"),
            "hidden": published.get("moe_intermediate_size", 1407),
            "shared": published.get("n_shared_experts", 2),
            "renormalise": False,
            "scale": published.get("routed_scaling_factor", 1.0),
        }
        dense = super().mlp(published)
        assert isinstance(dense, dict)
        first = published.get("first_k_dense_replace", 0)
        return [dense if layer < first else mixture for layer in range(published.need("num_hidden_layers"))]

    def published(self, model: Tree) -> Tree:
        attention = model["attention"][0]
        layers = [model["mlp"][layer % len(model["mlp"])] for layer in range(model["n_layer"])]
        first = next((number for number, node in enumerate(layers) if node["type"] == "moe"), len(layers))
        mixture = layers[first] if first < len(layers) else {}
        dense = layers[0] if first else {"hidden": 4 * model["n_embd"]}  # of no layer
        tree = super().published(model)
        for key in ("head_dim", "attention_bias", "mlp_bias"):
            del tree[key]
        return {
            **tree,
            "intermediate_size": dense.get("hidden"),
            "q_lora_rank": attention.get("q_rank"),
            "kv_lora_rank": attention.get("kv_rank"),
            "qk_nope_head_dim": attention.get("nope_dim"),
            "qk_rope_head_dim": attention.get("rope_dim"),
            "v_head_dim": attention.get("value_dim"),
            "first_k_dense_replace": first,
            "n_routed_experts": mixture.get("experts", 1),
            "num_experts_per_tok": mixture.get("top_k", 1),
            "moe_intermediate_size": mixture.get("hidden", 1),
            "n_shared_experts": mixture.get("shared", 1),
            "routed_scaling_factor": mixture.get("scale", 1.0),
            "norm_topk_prob": False,
            "topk_method": "greedy",
        }

    def attention_links(self, theirs: str, ours: str, config: GPTConfig, published: Published) -> list[Link]:
        node = self.attention(published)
        nope, rope, rank = node["nope_dim"], node["rope_dim"], node["kv_rank"]
        # Their scores have a factor that ours have not: the queries make up for it.
        factor = deepseek_temperature(published) ** 2
        head = torch.cat([torch.arange(nope), nope + neighbours_to_halves(rope)])
        heads = torch.cat([number * (nope + rope) + head for number in range(config.n_head)])
        down = torch.cat([torch.arange(rank), rank + neighbours_to_halves(rope)])
        links = [
            stacked(
                f"{theirs}.kv_a_proj_with_mqa.weight",
                [f"{ours}.kv_down.weight", f"{ours}.key_rope.weight"],
                [rank, rope],
                rows=down,
            ),
            same(f"{theirs}.kv_a_layernorm.weight", f"{ours}.kv_norm.weight"),
            same(f"{theirs}.kv_b_proj.weight", f"{ours}.kv_up.weight"),
            same(f"{theirs}.o_proj.weight", f"{ours}.out.weight"),
        ]
        if node["q_rank"] is None:
            return [*links, reordered(f"{theirs}.q_proj.weight", f"{ours}.query.weight", heads, factor)]
        return [
            *links,
            same(f"{theirs}.q_a_proj.weight", f"{ours}.query_down.weight"),
            same(f"{theirs}.q_a_layernorm.weight", f"{ours}.query_norm.weight"),
            reordered(f"{theirs}.q_b_proj.weight", f"{ours}.query_up.weight", heads, factor),
        ]

    def mlp_links(self, theirs: str, ours: str, layer: int, published: Published) -> list[Link]:
        node = self.mlp(published)[layer]
        if node["type"] != "moe":
            return gated_links(theirs, ours)
        links = [same(f"{theirs}.gate.weight", f"{ours}.router.weight")]
        for number in range(node["experts"]):
            links += gated_links(f"{theirs}.experts.{number}", f"{ours}.experts.{number}")
        if node["shared"]:
            links += gated_links(f"{theirs}.shared_experts", f"{ours}.shared")
        return links


def neighbours_to_halves(width: int) -> Tensor:
    """Which of `width` dimensions, paired (0, 1), (2, 3), ..., stand where we pair (0, width / 2), (1, ...), ..."""
    return torch.cat([torch.arange(0, width, 2), torch.arange(1, width, 2)])


LAYOUT = DeepseekV2()
