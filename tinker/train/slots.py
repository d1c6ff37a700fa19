"""The slots of training, each chosen by `type:` as the model's slots are.

One optimizer, one learning-rate schedule, what the weights start from, and what of them is fine-tuned.
"""

from __future__ import annotations

from model.registry import Slot

OPTIMIZER = Slot("optimizer", "tinker.train.optimizers")
SCHEDULE = Slot("schedule", "tinker.train.schedules")
INIT_FROM = Slot("init_from", "tinker.train.starts", default="none")
FINETUNE = Slot("finetune", "tinker.train.finetunes", default="none")
