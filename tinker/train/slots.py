"""The slots of training: one optimizer, one learning-rate schedule, each chosen by `type:` as the model's slots are."""

from __future__ import annotations

from model.registry import Slot

OPTIMIZER = Slot("optimizer", "tinker.train.optimizers")
SCHEDULE = Slot("schedule", "tinker.train.schedules")
