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
from tinker.train.averaging import averages, evaluation_weights
from tinker.train.base import without_frozen
from tinker.train.parallel import ranks
from tinker.train.slots import OPTIMIZER, SCHEDULE

#: Inputs (B, T), targets (B, T), and which part of the step's global batch they are, from 0 on.
Batch = tuple[Tensor, Tensor, int]


class GPTModule(L.LightningModule):
    """A GPT with its optimizer and schedule, as the Trainer wants them."""

    def __init__(self, model: GPT, config: TrialConfig, seeds: Seeds) -> None:
        super().__init__()
        self.model, self.config, self.seeds = model, config, seeds
        self.rate = SCHEDULE.of(config.schedule).cls(config.schedule, config.optimizer.lr, config.train.steps)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Mean nats of one batch (plus what the loss slot adds). The dropout masks are those of this step.

        Where a batch comes in parts, each part has the masks that its rows have in the whole.
        """
        inputs, targets, part = batch
        set_dropout_key(self.model, self.seeds.init, self.global_step, part if self.config.train.parts > 1 else None)
        loss: Tensor = self.model(inputs, targets)
        return loss

    def configure_optimizers(self) -> Any:
        optimizer = OPTIMIZER.of(self.config.optimizer).cls(self.config.optimizer, self.model)
        peak = self.config.optimizer.lr
        scheduler = LambdaLR(optimizer, lambda step: self.rate(step) / peak)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """`state_dict` is the weights that are evaluated; those that are trained are beside them where they differ."""
        [optimizer] = self.trainer.optimizers
        if averages(optimizer):
            checkpoint["trained_state_dict"] = checkpoint["state_dict"]
            with evaluation_weights(optimizer):
                weights = self.trainer.strategy.lightning_module_state_dict()
                checkpoint["state_dict"] = {name: value.clone() for name, value in weights.items()}
        for key in ("state_dict", "trained_state_dict"):
            if key in checkpoint:
                checkpoint[key] = without_frozen(self, checkpoint[key])

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Goes on from the trained weights."""
        checkpoint["state_dict"] = checkpoint.get("trained_state_dict", checkpoint["state_dict"])
        whole = self.state_dict()
        trained = without_frozen(self, whole)
        self.strict_loading = len(trained) == len(whole) or checkpoint["state_dict"].keys() != trained.keys()


class StepBatches(IterableDataset[Batch]):
    """The batch of each step, from the step that the Trainer stands at: a resumed trial goes on where it was.

    A batch is a function of (data seed, step) alone, so there is no sampler state to save or to lose. Each rank makes
    all of it and yields its own rows, in `train.accumulate` parts of equal size.
    """

    def __init__(self, corpus: Corpus, module: GPTModule) -> None:
        self.corpus, self.module = corpus, module

    def __iter__(self) -> Iterator[Batch]:
        config, seed = self.module.config, self.module.seeds.data
        rows, first = config.train.batch_size // config.train.parts, ranks.rank() * config.train.accumulate
        for step in range(self.module.global_step, config.train.steps):
            inputs, targets = self.corpus.batch(seed, step, config.train.batch_size, config.model.context)
            for part in range(first, first + config.train.accumulate):
                here = slice(part * rows, (part + 1) * rows)
                yield inputs[here], targets[here], part


def step_loader(corpus: Corpus, module: GPTModule) -> DataLoader[Batch]:
    """No worker processes: making a batch costs less than handing it over would."""
    pin = torch.cuda.is_available() and module.config.train.accelerator == "cuda"
    return DataLoader(StepBatches(corpus, module), batch_size=None, num_workers=0, pin_memory=pin)
