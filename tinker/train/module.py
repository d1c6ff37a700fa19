"""The Lightning module and the stream of batches: what one optimizer step is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lightning.pytorch as L
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, IterableDataset

from model.dropout import set_dropout_key
from model.gpt import GPT
from tinker.config.schema import TrialConfig
from tinker.data.corpus import Corpus
from tinker.spec import Seeds
from tinker.train.slots import OPTIMIZER, SCHEDULE

Batch = tuple[Tensor, Tensor]  # inputs (B, T), targets (B, T)


class GPTModule(L.LightningModule):
    """A GPT with its optimizer and schedule, as the Trainer wants them."""

    def __init__(self, model: GPT, config: TrialConfig, seeds: Seeds) -> None:
        super().__init__()
        self.model, self.config, self.seeds = model, config, seeds
        self.rate = SCHEDULE.of(config.schedule).cls(config.schedule, config.optimizer.lr, config.train.steps)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Mean nats of one batch (plus what the loss slot adds). The dropout masks are those of this step."""
        set_dropout_key(self.model, self.seeds.init, self.global_step)
        inputs, targets = batch
        loss: Tensor = self.model.loss(self.model(inputs), targets)
        return loss

    def configure_optimizers(self) -> Any:
        optimizer = OPTIMIZER.of(self.config.optimizer).cls(self.config.optimizer, self.model)
        peak = self.config.optimizer.lr
        scheduler = LambdaLR(optimizer, lambda step: self.rate(step) / peak)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


class StepBatches(IterableDataset[Batch]):
    """The batch of each step, from the step that the Trainer stands at: a resumed trial goes on where it was.

    A batch is a function of (data seed, step) alone, so there is no sampler state to save or to lose.
    """

    def __init__(self, corpus: Corpus, module: GPTModule) -> None:
        self.corpus, self.module = corpus, module

    def __iter__(self) -> Iterator[Batch]:
        config, seed = self.module.config, self.module.seeds.data
        for step in range(self.module.global_step, config.train.steps):
            yield self.corpus.batch(seed, step, config.train.batch_size, config.model.context)


def step_loader(corpus: Corpus, module: GPTModule) -> DataLoader[Batch]:
    """No worker processes: making a batch costs less than handing it over would."""
    pin = torch.cuda.is_available() and module.config.train.accelerator == "cuda"
    return DataLoader(StepBatches(corpus, module), batch_size=None, num_workers=0, pin_memory=pin)
