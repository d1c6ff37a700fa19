"""Mistral: Llama with a sliding window in every layer, where its config.json gives one."""

from __future__ import annotations

from tinker.pretrained.layout import Tree
from tinker.pretrained.layouts.llama import Llama
from tinker.pretrained.published import Published


class Mistral(Llama):
    """`MistralForCausalLM` of `transformers`."""

    recipe = "mistral"
    architecture = "MistralForCausalLM"

    def attention(self, published: Published) -> Tree:
        size = published.values.get("sliding_window", 4096)  # null says that there is none
        kind = {"type": "full"} if size is None else {"type": "window", "size": size}
        return {**kind, **self.heads(published)}

    def heads(self, published: Published) -> Tree:
        return {"kv_heads": published.get("num_key_value_heads", 8), "bias": False}

    def published(self, model: Tree) -> Tree:
        return {**super().published(model), "sliding_window": model["attention"][0].get("size")}


LAYOUT = Mistral()
