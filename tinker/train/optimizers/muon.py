"""Muon for the matrices of the hidden layers, AdamW for all else, in one optimizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import torch
from torch import nn

from tinker.config.limits import Limits
from tinker.errors import ConfigError
from tinker.train.optimizers._limits import Memory, NotNegative, Positive
from tinker.train.optimizers.adamw import AdamW
from tinker.train.parameter_groups import Named, grouped, trainable
from tinker.train.slots import OPTIMIZER

#: The optimizer of each part, by the word that stands in its groups under `part`.
PARTS: dict[str, Callable[[list[dict[str, Any]]], torch.optim.Optimizer]] = {
    "muon": torch.optim.Muon,
    "adamw": torch.optim.AdamW,
}


@OPTIMIZER.variant(paper="https://kellerjordan.github.io/posts/muon/")
class Muon(torch.optim.Optimizer):
    """`torch.optim.Muon` and `torch.optim.AdamW`, each over its own groups of this optimizer.

    Muon moves a matrix by its momentum made nearly orthogonal. It gets the weights of the `nn.Linear` modules in the
    blocks; embeddings, heads, norms, vectors and tensors of three dimensions are AdamW's. The schedule scales both
    peaks alike, and so does an init rule that has learning-rate multipliers, though muP's are made for Adam.

    `adjust_lr` is how the size of a step follows a matrix's shape: `original`, or `match_rms_adamw`
    (https://arxiv.org/abs/2502.16982), under which AdamW's rates and decays can be used.
    """

    @dataclass(frozen=True)
    class Config:
        lr: Positive = 0.02
        momentum: Memory = 0.95
        nesterov: bool = True
        ns_steps: Annotated[int, Limits(at_least=1, below=100)] = 5
        adjust_lr: Literal["original", "match_rms_adamw"] = "original"
        weight_decay: NotNegative = 0.01
        adamw: AdamW.Config = field(default_factory=AdamW.Config)

    def __init__(self, config: Config, model: nn.Module) -> None:
        parameters = trainable(model)
        hidden = _hidden(model, parameters)
        if not hidden:
            raise ConfigError(
                "optimizer.type", "muon has no matrix of a hidden layer to train here; choose another optimizer"
            )
        rest = {path: parameter for path, parameter in parameters.items() if path not in hidden}
        adamw = config.adamw
        own = {
            "part": "muon",
            "momentum": config.momentum,
            "nesterov": config.nesterov,
            "ns_steps": config.ns_steps,
            "adjust_lr_fn": config.adjust_lr,
        }
        others = {"part": "adamw", "betas": adamw.betas, "eps": adamw.eps}
        groups = [own | group for group in grouped(model, hidden, config.lr, config.weight_decay)]
        groups += [others | group for group in grouped(model, rest, adamw.lr, adamw.weight_decay)]
        super().__init__(groups, {})
        self._share()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Copies, pickles and `load_state_dict` bring new groups and a new state: the parts share those."""
        super().__setstate__(state)
        self._share()

    def _share(self) -> None:
        """Makes the parts anew over this optimizer's own group dicts, so that a rate set here is theirs."""
        self._parts = []
        for name, optimizer in PARTS.items():
            groups = [group for group in self.param_groups if group["part"] == name]
            if groups:
                part = optimizer(groups)
                part.state = self.state
                self._parts.append(part)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step of each part."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for part in self._parts:
            part.step()
        return loss


def _hidden(model: nn.Module, parameters: Named) -> dict[str, nn.Parameter]:
    """The weights of the linear maps in the blocks, in the model's order."""
    linear = {
        f"{path}.weight"
        for path, module in model.named_modules()
        if path.startswith("blocks.") and isinstance(module, nn.Linear)
    }
    return {path: parameter for path, parameter in parameters.items() if path in linear}
