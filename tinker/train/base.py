"""A model before its first step: the weights that it starts from, and the part of them that is trained."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from model.count import active_parameter_count, flops_per_token, parameter_count
from model.gpt import GPT
from tinker.config.schema import TrialConfig
from tinker.errors import ConfigError, UserError
from tinker.spec import canonical
from tinker.train.finetunes import Finetune
from tinker.train.slots import FINETUNE, INIT_FROM
from tinker.train.starts import Start


class Packages(Protocol):
    """What a variant needs installed, and the extra of tinker that brings it."""

    packages: tuple[str, ...]
    extra: str


def prepare(model: GPT, config: TrialConfig, seed: int) -> None:
    """Loads what `init_from` names and puts in what `finetune` trains; a trial from scratch is left as it is.

    Raises:
        UserError: the weights are gone or do not fit the model, or a package is missing.
    """
    weights = start_of(config).weights(model.config)
    if weights is not None:
        check_fit(model.state_dict(), weights)
        model.load_state_dict(weights)
    finetune_of(config).attach(model, seed)


def start_of(config: TrialConfig) -> Start:
    """What the trial's weights start from."""
    return cast(Start, INIT_FROM.of(config.init_from).cls(config.init_from))


def finetune_of(config: TrialConfig) -> Finetune:
    """What the trial fine-tunes, and how."""
    return cast(Finetune, FINETUNE.of(config.finetune).cls(config.finetune))


def require_packages(config: TrialConfig) -> None:
    """Checks that what the start and the fine-tuning need is installed.

    Raises:
        UserError: naming the packages that are not, and how to get them.
    """
    for slot, chosen in ((INIT_FROM, config.init_from), (FINETUNE, config.finetune)):
        variant = slot.of(chosen)
        needs = cast(Packages, variant.cls)
        missing = [name for name in needs.packages if importlib.util.find_spec(name) is None]
        if missing:
            raise UserError(
                f"{slot.name}={variant.name}: not installed: {', '.join(missing)}; "
                f"pip install 'tinker-matrix[{needs.extra}]'"
            )


@dataclass(frozen=True)
class Size:
    """What a trial's model costs.

    Attributes:
        params: all of them, tied ones once; a weight that is stored in 4 bits counts as any other.
        trainable_params: those that are trained.
        active_params: those that one token meets: fewer where it is routed to some of many experts.
        flops_per_token: of a training step. A frozen weight has no gradient, and an adapter has products of its own.
    """

    params: int
    trainable_params: int
    active_params: int
    flops_per_token: float


def size_of_model(config: TrialConfig, vocab_size: int) -> Size:
    """Counted without computing anything, and remembered: it takes as long as all else of an empty trial."""
    resolved = config.as_dict()
    key = canonical([resolved["model"], resolved.get("finetune"), vocab_size])
    if key not in _SIZES:
        gpt, finetune = config.gpt(vocab_size), finetune_of(config)
        with torch.device("meta"):
            model = GPT(gpt, seed=0)
            finetune.attach(model, seed=0)
        trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        flops = flops_per_token(gpt, lambda model: finetune.attach(model, seed=0))
        _SIZES[key] = Size(parameter_count(model), trained, active_parameter_count(model), flops)
    return _SIZES[key]


_SIZES: dict[str, Size] = {}


def without_frozen(module: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict of the module less the parameters that are not trained, and what they are packed with.

    A checkpoint need not repeat them: `prepare` has loaded them when a trial is taken up again. So it says nothing of
    how bitsandbytes stores a packed weight either.
    """
    frozen = tuple(f"{name}." for name, parameter in module.named_parameters() if not parameter.requires_grad)
    return {key: value for key, value in state.items() if not f"{key}.".startswith(frozen)}


def check_fit(own: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> None:
    """Whether weights can be loaded into a model with the state dict `own`; only names and shapes are looked at.

    Raises:
        ConfigError: naming what differs.
    """
    here, there = ({key: tuple(value.shape) for key, value in side.items()} for side in (own, weights))
    differ = sorted(key for key in here.keys() | there.keys() if here.get(key) != there.get(key))
    if differ:
        shown = "; ".join(f"{key} is {here.get(key)} here, {there.get(key)} there" for key in differ[:4])
        raise ConfigError(
            "init_from",
            f"{len(differ)} of the weights do not fit this model ({shown}); give it the sizes and variants of what it "
            "starts from; a table of positions is as long as model.context",
        )
