"""LoRA: the base is frozen, and each target gets a low-rank update B A that starts at zero.

    W x  ->  W x + (alpha / r) B A x      A (r, in), B (out, r)

Done by `peft` on our modules. Initial values of A are keyed by seed and path as those of every other parameter are, and
the dropout before A is the model's own, so an arm's draws depend on nothing else in the process.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from model.config import GPTConfig
from model.dropout import KeyedDropout
from model.gpt import GPT
from model.seeding import constructor_stream, stream
from tinker.errors import ConfigError
from tinker.train.slots import FINETUNE

if TYPE_CHECKING:
    from peft import LoraConfig

ADAPTER = "default"  # peft's own name for the only one

# When peft imports bitsandbytes, that says on some CPUs that a kernel is missing which nothing here would use.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)


@FINETUNE.variant(paper="https://arxiv.org/abs/2106.09685")
class Lora:
    """Adapters on Linear modules of the blocks, chosen by the last part of their path."""

    adapts = True
    packages: tuple[str, ...] = ("peft", "safetensors")
    extra = "lora"

    @dataclass(frozen=True)
    class Config:
        """r: rank; alpha: scale times r; dropout: of the adapters' input; targets: names such as query, null is all."""

        r: int = 8
        alpha: float = 16.0
        dropout: float = 0.0
        targets: tuple[str, ...] | None = None

        def __post_init__(self) -> None:
            if self.r < 1:
                raise ValueError(f"r: {self.r} is no rank; allowed: 1 or more")
            if not self.alpha > 0:
                raise ValueError(f"alpha: {self.alpha} is not above 0")
            if not 0 <= self.dropout < 1:
                raise ValueError(f"dropout: {self.dropout} is not a probability; allowed: 0 or more, below 1")
            if self.targets is not None and (not self.targets or len(set(self.targets)) < len(self.targets)):
                raise ValueError(f"targets: {list(self.targets)} is empty or has a name twice; null is all of them")

    def __init__(self, config: Config) -> None:
        self.config = config

    def check(self, model: GPTConfig) -> None:
        """
        Raises:
            ConfigError: a target that no block has.
        """
        with torch.device("meta"):
            self.targets(GPT(model, seed=0))

    def attach(self, model: GPT, seed: int) -> None:
        """Wraps the targets; afterwards A and B are the only parameters that require gradients."""
        from peft import inject_adapter_in_model

        with constructor_stream(seed):
            inject_adapter_in_model(self._peft(model), model, adapter_name=ADAPTER)
        for path, layer in adapted(model):
            if self.config.dropout > 0.0:
                layer.lora_dropout[ADAPTER] = KeyedDropout(self.config.dropout, f"{path}.lora")
            initialise(layer.lora_A[ADAPTER].weight, stream(seed, f"{path}.lora_A"))

    def merged(self, model: GPT) -> dict[str, Tensor]:
        """Each target's weight with its update added, under the names of a plain GPT."""
        state = {key: value for key, value in model.state_dict().items() if ".lora_" not in key}
        for path, layer in adapted(model):
            own = {key: state.pop(key) for key in list(state) if key.startswith(f"{path}.base_layer.")}
            state[f"{path}.weight"] = weight_of(layer.base_layer) + layer.get_delta_weight(ADAPTER).detach()
            if (bias := own.get(f"{path}.base_layer.bias")) is not None:
                state[f"{path}.bias"] = bias
        return state

    def save(self, model: GPT, folder: Path) -> None:
        """adapter_config.json and adapter_model.safetensors, as `PeftModel.from_pretrained` reads them."""
        from peft import get_peft_model_state_dict
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        self._peft(model).save_pretrained(str(folder))
        state = get_peft_model_state_dict(model, adapter_name=ADAPTER)
        prefixed = {f"base_model.model.{key}": value.cpu().contiguous() for key, value in state.items()}
        save_file(prefixed, folder / "adapter_model.safetensors")

    def targets(self, model: GPT) -> list[str]:
        """The paths of the modules that get an adapter."""
        there = {path: path.rpartition(".")[2] for path, _ in linears(model)}
        names = self.config.targets if self.config.targets is not None else tuple(there.values())
        for name in names:
            if name not in there.values():
                allowed = ", ".join(sorted(set(there.values())))
                raise ConfigError("finetune.targets", f"no block has a {name!r}; there are: {allowed}")
        return [path for path, name in there.items() if name in names]

    def _peft(self, model: GPT) -> LoraConfig:
        from peft import LoraConfig

        config = self.config
        alpha: Any = config.alpha  # annotated as a whole number by peft, which computes with any
        return LoraConfig(r=config.r, lora_alpha=alpha, lora_dropout=config.dropout, target_modules=self.targets(model))


def linears(model: GPT) -> Iterator[tuple[str, nn.Linear]]:
    """The projections of the blocks as the model has them, whether adapters are in already or not."""
    for path, module in model.blocks.named_modules(prefix="blocks"):
        if isinstance(module, nn.Linear) and ".lora_" not in path:
            yield path.removesuffix(".base_layer"), module


def adapted(model: nn.Module) -> Iterator[tuple[str, Any]]:
    """The wrapped modules (peft's own types) with their paths."""
    for path, module in model.named_modules():
        if hasattr(module, "lora_A"):
            yield path, module


def weight_of(base: nn.Module) -> Tensor:
    """(out, in), dequantised where it is packed."""
    weight: Any = base.weight
    if getattr(weight, "quant_state", None) is None:
        whole: Tensor = weight.detach()
        return whole
    from bitsandbytes.functional import dequantize_4bit

    found: Tensor = dequantize_4bit(weight.data, weight.quant_state)
    return found


def initialise(weight: Tensor, seed: int) -> None:
    """A's values as in a Linear: uniform within 1 / sqrt(in); B stays at zero."""
    if weight.is_meta:
        return
    bound = weight.shape[1] ** -0.5
    with torch.no_grad():
        weight.uniform_(-bound, bound, generator=torch.Generator().manual_seed(seed))
