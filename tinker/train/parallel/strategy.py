"""The Trainer's strategy: one process, or several ranks whose gradients are averaged, hence over the whole batch."""

from __future__ import annotations

import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch.strategies import DDPStrategy, Strategy

from tinker.config.schema import TrainConfig


def strategy_of(train: TrainConfig) -> Strategy | str:
    """What the Trainer takes; in a process whose environment says which rank it is (see `rank_process.py`).

    DDP (https://arxiv.org/abs/2006.15704) keeps the whole model on every rank; for FSDP see `sharded.py`.
    """
    if train.devices == 1:
        return "auto"
    if train.compile:  # DDP would split the graph, which FlexAttention does not survive; gradients wait for its end
        torch._dynamo.config.optimize_ddp = False
    environment = LightningEnvironment()
    if train.strategy == "fsdp":
        from tinker.train.parallel.sharded import Sharded  # a trial without it is spared the import

        return Sharded(cluster_environment=environment)
    # Buffers are set by each rank for itself: the dropout's say which rows it has. A parameter that no loss of this
    # step needs (an expert without tokens) keeps no gradient, as in a single process.
    return DDPStrategy(cluster_environment=environment, broadcast_buffers=False, find_unused_parameters=True)
