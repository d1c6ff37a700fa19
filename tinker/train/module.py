"""The Lightning module and the stream of batches: what one optimizer step is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import lightning.pytorch as L
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, IterableDataset

from model.dropout import active_dropouts, key_dropouts
from model.gpt import GPT
from tinker.config.schema import TrialConfig
from tinker.data.corpus import Corpus
from tinker.spec import Seeds
from tinker.train.averaging import averages, evaluation_weights
from tinker.train.base import without_frozen
from tinker.train.parallel import ranks
from tinker.train.slots import OPTIMIZER, SCHEDULE
from tinker.train.stretch import stretch, strides


class GPTModule(L.LightningModule):
    """A GPT with its optimizer, schedule and data, as the Trainer wants them.

    A batch is a function of (data seed, step) alone, so there is no sampler state to save or to lose, and a resumed
    trial goes on where it was. Each rank makes all of it and takes its own rows, in `train.accumulate` parts.
    """

    def __init__(self, model: GPT, config: TrialConfig, seeds: Seeds, corpus: Corpus) -> None:
        super().__init__()
        self.model, self.config, self.seeds, self.corpus = model, config, seeds, corpus
        self._dropouts = active_dropouts(model)  # found once: a small model feels a walk through its modules each step
        self._batch: tuple[int, tuple[Tensor, Tensor]] | None = None
        self.rate = SCHEDULE.of(config.schedule).cls(config.schedule, config.optimizer.lr, config.train.steps)

    def training_step(self, part: int, batch_idx: int) -> Tensor:
        """Mean nats of a part of the step's batch (plus what the loss slot adds). The dropout masks are the step's.

        Where a batch comes in parts, each part has the masks that its rows have in the whole.
        """
        train = self.config.train
        which = ranks.rank() * train.accumulate + part
        inputs, targets = self._rows(which)
        key_dropouts(self._dropouts, self.seeds.init, self.global_step, which if train.parts > 1 else None)
        loss: Tensor = self.model(inputs, targets)
        return loss

    def on_train_batch_start(self, part: int, batch_idx: int) -> int | None:
        """Does the steps that the Trainer leaves to `stretch`; -1 makes it stop where one of them was the last."""
        if part == 0 and strides(self.config.train):
            stretch(self.trainer, self)
        return -1 if self.trainer.should_stop else None

    def _rows(self, part: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets (B / parts, T) of a part of the step's batch, on the device, without waiting for it."""
        train, step = self.config.train, self.global_step
        if self._batch is None or self._batch[0] != step:
            self._batch = step, self.corpus.batch(self.seeds.data, step, train.batch_size, self.config.model.context)
        rows = train.batch_size // train.parts
        inputs, targets = (side[part * rows : (part + 1) * rows] for side in self._batch[1])
        if self.device.type == "cuda":
            inputs, targets = inputs.pin_memory(), targets.pin_memory()
        return inputs.to(self.device, non_blocking=True), targets.to(self.device, non_blocking=True)

    def configure_optimizers(self) -> Any:
        optimizer = OPTIMIZER.of(self.config.optimizer).cls(self.config.optimizer, self.model)
        if self.config.train.fused_optimizer:
            for group in optimizer.param_groups:
                group["fused"] = True
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


class Parts(IterableDataset[int]):
    """Which part of a step's batch comes next, without end; the Trainer fetches ahead, so no more than that."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[int]:
        return cycle(range(self.count))


def step_loader(config: TrialConfig) -> DataLoader[int]:
    """No worker processes: making a batch costs less than handing it over would."""
    return DataLoader(Parts(config.train.accumulate), batch_size=None, num_workers=0)
