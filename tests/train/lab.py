"""A results folder with a finished tiny trial in it, and trials that start from that one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from torch import Tensor

from model.gpt import GPT
from tests.train.tiny import TINY
from tinker.errors import OK
from tinker.schedule.single import train_one
from tinker.store.record import StoredTrial
from tinker.store.store import Store
from tinker.train.training import Training

#: The same words, other habits.
OTHER_LANGUAGE = "data.key_rate=0.65"


@dataclass(frozen=True)
class Lab:
    """A results folder, and the finished trial in it that others start from."""

    results: Path
    base: StoredTrial

    def train(self, *overrides: str) -> StoredTrial:
        """`tinker train` of a tiny trial with these overrides."""
        return train(self.results, *overrides)

    def again(self, *overrides: str) -> None:
        """The same for a trial that the results have heard of already."""
        given = [*TINY, "data.validation_documents=30", "train.accelerator=cpu", *overrides]
        assert train_one(given, 1, self.results, Console(quiet=True)) == OK


def train(results: Path, *overrides: str) -> StoredTrial:
    """The row of a tiny trial, made now."""
    before = {row.trial_id for row in Store(results).rows()} if results.exists() else set()
    given = [*TINY, "data.validation_documents=30", "train.accelerator=cpu", *overrides]
    assert train_one(given, 1, results, Console(quiet=True)) == OK
    [made] = [row for row in Store(results).rows() if row.trial_id not in before]
    return made


def saved(row: StoredTrial) -> dict[str, Tensor]:
    """The weights in a trial's last checkpoint."""
    state = torch.load(row.folder.checkpoint / "last.ckpt", weights_only=True)["state_dict"]
    return {key.removeprefix("model."): value for key, value in state.items()}


def trained(row: StoredTrial) -> GPT:
    """The model after its last step, adapters and all, in evaluation mode."""
    model = Training(row.spec).module.model
    left_out = model.load_state_dict(saved(row), strict=False)
    assert left_out.unexpected_keys == []
    return model.eval()
