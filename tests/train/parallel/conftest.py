"""A loss that takes its time, or ends its rank, so that trials on several ranks can be disturbed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.train import tiny
from tinker.spec import TrialSpec

#: Cross entropy that sleeps `seconds`, and raises or kills its process in the third training step of rank 1.
DISTURBED = """
import os
import signal
import time
from dataclasses import dataclass
import torch.distributed
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

@LOSS.variant()
class Disturbed(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        how: str = "no"
        seconds: float = 0.0

    def __init__(self, config, model):
        super().__init__(config, model)
        self.disturbance, self.step = config, 0

    def forward(self, *arguments):
        time.sleep(self.disturbance.seconds)
        self.step += 1
        if self.step == 3 and torch.distributed.is_initialized() and torch.distributed.get_rank() == 1:
            if self.disturbance.how == "raise":
                raise ArithmeticError("the plugin is broken")
            if self.disturbance.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(*arguments)
"""

Disturb = Callable[..., TrialSpec]


@pytest.fixture(scope="session")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Disturb:
    """Makes a trial on two ranks: `disturbed("train.strategy=fsdp", seconds=0.02)`."""
    plugin = tiny.plugin(tmp_path_factory.mktemp("plugin"), "disturbed", DISTURBED)

    def spec(*overrides: str, how: str = "no", seconds: float = 0.0) -> TrialSpec:
        loss = f"model.loss={{type:disturbed,how:{how!r},seconds:{seconds}}}"
        return tiny.spec_of(f"plugins=[{plugin}]", loss, "train.devices=2", *overrides)

    return spec
