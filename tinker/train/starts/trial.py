"""A finished trial: its weights after the last step, merged with its adapters where it had any."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from model.config import GPTConfig
from model.gpt import GPT
from tinker.config.schema import TrialConfig
from tinker.errors import UserError
from tinker.spec import TrialSpec
from tinker.store.layout import TrialFolder
from tinker.train.base import finetune_of, prepare, start_of
from tinker.train.digest import digest_of_checkpoint
from tinker.train.slots import INIT_FROM
from tinker.train.whereabouts import relocated

#: In the trial's checkpoint folder: the state after its last step.
LAST = "last.ckpt"


@INIT_FROM.variant()
class FinishedTrial:
    """What `checkpoint/last.ckpt` of a trial holds."""

    packages: tuple[str, ...] = ()
    extra = ""

    @dataclass(frozen=True)
    class Config:
        """id: of the trial, in full; path: its folder among the results of this machine."""

        id: str
        path: str

    def __init__(self, config: Config) -> None:
        self.config = config

    def weights(self, model: GPTConfig) -> dict[str, Tensor]:
        """The trial's last weights. Of a fine-tuned trial the checkpoint has only what was trained; the rest comes
        from where that trial itself started.

        Raises:
            UserError: the checkpoint was not kept, or the folder holds another trial.
        """
        folder = TrialFolder(Path(self.config.path))
        saved = torch.load(kept_checkpoint(folder), map_location="cpu", weights_only=True, mmap=True)
        weights = {key.removeprefix("model."): value for key, value in saved["state_dict"].items()}
        spec, config = self._asked(folder)
        finetune = finetune_of(config)
        if not finetune.adapts:
            return weights
        adapted = GPT(config.gpt(model.vocab_size), spec.seeds.init)
        prepare(adapted, config, spec.seeds.init)
        adapted.load_state_dict(weights, strict=False)
        return finetune.merged(adapted)

    def digest(self) -> str:
        """That of the checkpoint, and of what the trial itself started from where that is in its weights too.

        Not of the merged weights: how a product is rounded depends on the number of threads.
        """
        folder = TrialFolder(Path(self.config.path))
        own = digest_of_checkpoint(kept_checkpoint(folder))
        _, config = self._asked(folder)
        if not finetune_of(config).adapts:
            return own
        return hashlib.sha256(f"{own} {start_of(config).digest()}".encode()).hexdigest()[:16]

    def _asked(self, folder: TrialFolder) -> tuple[TrialSpec, TrialConfig]:
        """What that trial was; what it started from in turn lies in the same results folder."""
        spec = TrialSpec.from_dict(json.loads(folder.spec.read_bytes()))
        if spec.id != self.config.id:
            raise UserError(f"init_from: {folder.path} holds the trial {spec.id}, not {self.config.id}")
        spec = relocated(spec, folder.results)
        return spec, TrialConfig.from_dict(spec.config)


def kept_checkpoint(folder: TrialFolder) -> Path:
    """The checkpoint of that trial's last step.

    Raises:
        UserError: it is not there.
    """
    path = folder.checkpoint / LAST
    if not path.is_file():
        raise UserError(
            f"init_from: trial {folder.trial_id} has no checkpoint at {path}: it was run with checkpoint.keep=none or "
            f"best, or its files were moved. Remove {folder.path} and run that trial again with checkpoint.keep=last"
        )
    return path
