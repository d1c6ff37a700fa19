"""Qwen3: Llama with an RMSNorm on each head's queries and keys."""

from __future__ import annotations

from model.config import GPTConfig
from tinker.pretrained.layout import Tree
from tinker.pretrained.layouts.llama import Llama
from tinker.pretrained.link import Link, same
from tinker.pretrained.published import Published


class Qwen3(Llama):
    """`Qwen3ForCausalLM` of `transformers`."""

    recipe = "qwen3"
    architecture = "Qwen3ForCausalLM"

    def model(self, published: Published) -> Tree:
        published.only("use_sliding_window", False, default=False)
        tree = super().model(published)
        return {**tree, "qk_norm": tree["norm"]}

    def sizes(self, published: Published) -> Tree:
        return {**super().sizes(published), "head_dim": published.get("head_dim", 128)}

    def attention_links(self, theirs: str, ours: str, config: GPTConfig, published: Published) -> list[Link]:
        norms = [
            same(f"{theirs}.{a}_norm.weight", f"{ours}.{b}_norm.weight") for a, b in (("q", "query"), ("k", "key"))
        ]
        return super().attention_links(theirs, ours, config, published) + norms


LAYOUT = Qwen3()
