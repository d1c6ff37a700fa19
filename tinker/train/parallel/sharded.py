"""FSDP as a strategy of the Trainer: each rank keeps a part of every parameter, of its gradient and optimizer state.

https://arxiv.org/abs/2304.11277, as `torch.distributed.fsdp.fully_shard`. Lightning's `FSDPStrategy` is of the older
kind: it refuses the CPU and clipping, and hands optimizers parameters without their shapes. So this is its strategy for
DDP, with another way to wrap, save and load a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from lightning.pytorch.strategies import DDPStrategy
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from tinker.train.module import GPTModule


class Sharded(DDPStrategy):
    """FSDP over the blocks of a model. Its checkpoints hold the full state, as those of a single process do.

    Parameters stay fp32 and are gathered as such; `train.precision` acts in the forward pass, as without FSDP.
    """

    def configure_ddp(self) -> None:
        """Shards the model in place: names and shapes stay, so optimizers group parameters as ever."""
        model = self._module.model
        mesh = init_device_mesh(self.root_device.type, (self.world_size,))
        for block in model.blocks:
            fully_shard(block, mesh=mesh)
        fully_shard(model, mesh=mesh)

    def lightning_module_state_dict(self) -> dict[str, Any]:
        """Whole tensors on the CPU of rank 0; empty on the others."""
        return get_model_state_dict(self._module, options=_whole())

    def optimizer_state(self, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        """Whole tensors by parameter name on the CPU of rank 0; empty on the others."""
        return dict(get_optimizer_state_dict(self._module, optimizer, options=_whole()))

    def load_optimizer_state_dict(self, checkpoint: Mapping[str, Any]) -> None:
        """Each rank takes its part of the whole."""
        for optimizer, state in zip(self.optimizers, checkpoint["optimizer_states"], strict=True):
            set_optimizer_state_dict(self._module, optimizer, state, options=_whole())

    @property
    def _module(self) -> GPTModule:
        assert isinstance(self.lightning_module, GPTModule)
        return self.lightning_module


def _whole() -> StateDictOptions:
    return StateDictOptions(full_state_dict=True, cpu_offload=True)
