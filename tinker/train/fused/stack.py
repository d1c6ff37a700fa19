"""The weights of R models of one kind in one tensor each, and their losses in one forward pass."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from model.dropout import KeyedDropout, key_words
from model.gpt import GPT


class Stack:
    """Takes models over: from then on their parameters are views of rows of the stack, and change with it.

    A loss of replicate r depends on row r alone, and every batched operation works on each row for itself. So a row
    that is not a number stays the only one: it is left in its place, since a stack of another height may round
    otherwise.

    Args:
        models: R of them, equal but for their values, in training mode and on the device.
        seeds: of the dropout of each.

    Attributes:
        parameters: by path, (R, ...) each; a parameter that is used twice, as in a tied head, is there once.
    """

    def __init__(self, models: Sequence[GPT], seeds: Sequence[int]) -> None:
        self.models, self.seeds = models, seeds
        named = [dict(model.named_parameters()) for model in models]
        self.parameters = {
            path: nn.Parameter(torch.stack([each[path].detach() for each in named])) for path in named[0]
        }
        for row, each in enumerate(named):
            for path, parameter in each.items():
                parameter.data = self.parameters[path].data[row]
        self._dropouts = {
            path: module
            for path, module in models[0].named_modules()
            if isinstance(module, KeyedDropout) and module.p > 0.0
        }
        for module in self._dropouts.values():
            module.has_key = True

    def losses(self, inputs: Tensor, targets: Tensor, step: int) -> Tensor:
        """Training losses (R,) in nats of the batches (R, B, T), with each replicate's dropout masks of that step."""

        def one(parameters: dict[str, Tensor], keys: dict[str, Tensor], tokens: Tensor, following: Tensor) -> Tensor:
            loss: Tensor = functional_call(self.models[0], (parameters, keys), (tokens, following))
            return loss

        keys = self._keys(step, inputs.device)
        found: Tensor = torch.vmap(one, in_dims=(0, 0, 0, 0))(dict(self.parameters), keys, inputs, targets)
        return found

    def _keys(self, step: int, device: torch.device) -> dict[str, Tensor]:
        """(R, 2) int32 for each dropout; one copy to the device for all."""
        words = [[key_words(seed, step, each.place) for seed in self.seeds] for each in self._dropouts.values()]
        keys = torch.tensor(words, dtype=torch.int32).to(device, non_blocking=True)
        return {f"{path}.key": key for path, key in zip(self._dropouts, keys, strict=True)} if words else {}

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for parameter in self.parameters.values():
            parameter.grad = None

    def whole(self) -> bool:
        """Whether the models' parameters are still views of the stack: an optimizer may have put others there."""
        return all(
            own.data_ptr() == self.parameters[path][row].data_ptr()
            for row, model in enumerate(self.models)
            for path, own in model.named_parameters()
        )
