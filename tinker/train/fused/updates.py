"""The optimizer of a stack: one over all of it where elements do not mind each other, else one for each replicate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from tinker.train.averaging import averages
from tinker.train.fused.stack import Stack
from tinker.train.module import GPTModule

#: What a checkpoint has of an optimizer, and of its schedule.
State = tuple[dict[str, Any], dict[str, Any]]


class Updates(Protocol):
    """How gradients become weights."""

    def step(self) -> None:
        """One step of the optimizer and its schedule, for every replicate."""

    def optimizer(self, row: int) -> Any:
        """What replicate `row` has for its optimizer: it has groups, and a state_dict as if it were alone."""

    def scheduler(self, row: int) -> LambdaLR:
        """Of that optimizer."""

    def load(self, states: Sequence[State]) -> None:
        """Goes on from the states of replicates that stand at the same step."""


def updates_of(stack: Stack, modules: Sequence[GPTModule]) -> Updates:
    """By whether the optimizer says that it is `per_element`, and is the same for all; one that averages weights is
    asked for each.
    """
    optimizer, scheduler = _made(modules[0])
    asked = [(module.config.optimizer, module.config.schedule) for module in modules]
    alike = all(one == asked[0] for one in asked)
    if alike and getattr(optimizer, "per_element", False) and not averages(optimizer):
        return OnStack(stack, optimizer, scheduler)
    return OnEach(stack, [(optimizer, scheduler), *(_made(module) for module in modules[1:])])


def _made(module: GPTModule) -> tuple[Optimizer, LambdaLR]:
    made = module.configure_optimizers()
    return made["optimizer"], made["lr_scheduler"]["scheduler"]


class OnStack:
    """The first replicate's optimizer, given the stack instead: groups are as the shapes of one model want them."""

    def __init__(self, stack: Stack, optimizer: Optimizer, scheduler: LambdaLR) -> None:
        self._optimizer, self._scheduler = optimizer, scheduler
        paths = {id(parameter): path for path, parameter in stack.models[0].named_parameters()}
        for group in optimizer.param_groups:
            group["params"] = [stack.parameters[paths[id(parameter)]] for parameter in group["params"]]

    def step(self) -> None:
        self._optimizer.step()
        self._scheduler.step()

    def optimizer(self, row: int) -> Row:
        return Row(self._optimizer, row)

    def scheduler(self, row: int) -> LambdaLR:
        return self._scheduler

    def load(self, states: Sequence[State]) -> None:
        first, schedule = states[0]
        joined = {
            number: {name: _joined([state["state"][number][name] for state, _ in states]) for name in slots}
            for number, slots in first["state"].items()
        }
        self._optimizer.load_state_dict({**first, "state": joined})
        self._scheduler.load_state_dict(schedule)


class Row:
    """One replicate's part of an optimizer over a stack."""

    def __init__(self, optimizer: Optimizer, row: int) -> None:
        self._optimizer, self._row = optimizer, row
        self.param_groups = optimizer.param_groups

    def state_dict(self) -> dict[str, Any]:
        """As that of an optimizer over the replicate alone."""
        whole = self._optimizer.state_dict()
        parts = {
            number: {name: self._part(value) for name, value in slots.items()}
            for number, slots in whole["state"].items()
        }
        return {**whole, "state": parts}

    def _part(self, value: Any) -> Any:
        return value[self._row].clone() if isinstance(value, Tensor) and value.dim() > 0 else value


class OnEach:
    """An optimizer for each replicate, over its views of the stack."""

    def __init__(self, stack: Stack, made: Sequence[tuple[Optimizer, LambdaLR]]) -> None:
        self._stack, self._made = stack, made
        self._views = [list(model.named_parameters()) for model in stack.models]

    def step(self) -> None:
        gradients = {path: parameter.grad for path, parameter in self._stack.parameters.items()}
        for row, views in enumerate(self._views):
            for path, view in views:
                whole = gradients[path]
                view.grad = None if whole is None else whole[row]
        for optimizer, scheduler in self._made:
            optimizer.step()
            scheduler.step()

    def optimizer(self, row: int) -> Optimizer:
        return self._made[row][0]

    def scheduler(self, row: int) -> LambdaLR:
        return self._made[row][1]

    def load(self, states: Sequence[State]) -> None:
        for (optimizer, scheduler), (state, schedule) in zip(self._made, states, strict=True):
            optimizer.load_state_dict(state)
            scheduler.load_state_dict(schedule)


def _joined(values: Sequence[Any]) -> Any:
    """Tensors stacked; counters, which are the same for all, as they are."""
    first = values[0]
    return torch.stack(list(values)) if isinstance(first, Tensor) and first.dim() > 0 else first
