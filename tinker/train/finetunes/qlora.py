"""QLoRA: LoRA over a base whose target weights are stored in 4 bits (NF4, its scales quantised once more)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from model.gpt import GPT
from model.seeding import constructor_stream
from tinker.train.finetunes.lora import Lora
from tinker.train.slots import FINETUNE


@FINETUNE.variant(paper="https://arxiv.org/abs/2305.14314")
class QLora(Lora):
    """Products are computed in fp32 (under `train.precision` if that is lower) with the dequantised weight.

    Merging dequantises first and adds the update to that. peft's own merge rounds the sum to 4 bits again, which is
    another model than the one that was trained.
    """

    packages = (*Lora.packages, "bitsandbytes")
    extra = "qlora"

    @dataclass(frozen=True)
    class Config(Lora.Config):
        """As of lora; the targets are what is stored in 4 bits, but for one that computes in its own way (a router)."""

    def attach(self, model: GPT, seed: int) -> None:
        """Packs the targets and adapts them. On the meta device they stay what they are: there is nothing to pack."""
        if not next(model.parameters()).is_meta:
            with constructor_stream(seed):
                for path in self.targets(model):
                    linear = model.get_submodule(path)
                    if type(linear).forward is nn.Linear.forward:
                        model.set_submodule(path, packed(linear))
            model.is_loaded_in_4bit = True  # type: ignore[assignment]  # else peft takes a Linear4bit for a Linear
        super().attach(model, seed)


def packed(linear: Any) -> nn.Module:
    """The same projection with its weight in NF4."""
    from bitsandbytes.nn import Linear4bit, Params4bit

    sizes = (linear.in_features, linear.out_features)
    made: Any = Linear4bit(*sizes, bias=False, compute_dtype=torch.float32, quant_type="nf4")
    made.weight = Params4bit(linear.weight.detach(), requires_grad=False, quant_type="nf4", module=made)
    made.bias = linear.bias
    # Where the processor has AVX-512 BF16, evaluation would repack the weights and compute in bfloat16: other numbers
    # than in training, and an assertion for widths that are no multiple of 32.
    made.support_avx512bf16_for_cpu = False
    packed_now: nn.Module = made.to(linear.weight.device)  # this is what quantises
    return packed_now
