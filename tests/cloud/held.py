"""A grid whose trials wait in the middle, wherever they are, until they are let go: nothing is left to time."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.cloud.terminal import until
from tinker.cloud.fake.pods import FakePod

#: Cross entropy that says at its tenth training step that it is there, and waits.
LOSS = """
import os
import time
from dataclasses import dataclass
from pathlib import Path
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

HERE = Path("{folder}")

@LOSS.variant()
class Held(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        name: str = ""

    def __init__(self, config, model):
        super().__init__(config, model)
        self.config, self.calls = config, 0

    def forward(self, x, targets, head):
        if self.training:
            self.calls += 1
            if self.calls == 10:
                with (HERE / "arrived").open("a") as file:
                    file.write(f"{{self.config.name}} {{os.environ.get('RUNPOD_POD_ID', 'home')}}\\n")
                while not (HERE / self.config.name).exists():
                    time.sleep(0.1)
        return super().forward(x, targets, head)
"""


class Held:
    """The trials of one grid, by the names of their arms."""

    def __init__(self, home: Path, arms: int) -> None:
        self.folder = home / "held"
        self.folder.mkdir()
        self.arms = ("base", *(f"arm{number}" for number in range(1, arms)))
        (home / "held.py").write_text(LOSS.format(folder=self.folder))
        content = {
            "name": "g",
            "question": "Does it come home?",
            "control": "base",
            "scale": "smoke",
            "seeds": 1,
            "plugins": ["held.py"],
            "base": {
                "train.accelerator": "cpu",
                "data.validation_documents": 30,
                "model.loss": {"type": "held", "name": "base"},
            },
            "arms": {name: {"model.loss": {"type": "held", "name": name}} for name in self.arms[1:]},
            "decide": {"metric": "val_loss", "min_effect": 0.01},
            "resources": {"gpus": 1, "cpus": 1},
        }
        (home / "g.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def next(self, pod: FakePod) -> str:
        """Waits until a trial waits on that pod that was not let go; its arm."""
        until(lambda: self._waiting(pod), lambda: f"arrived: {self._arrived()}")
        return self._waiting(pod)[-1]

    def let_go(self, *arms: str) -> None:
        """They go on, and so they will whenever they are begun again."""
        for arm in arms:
            (self.folder / arm).touch()

    def _arrived(self) -> list[list[str]]:
        file = self.folder / "arrived"
        return [line.split() for line in file.read_text().splitlines()] if file.exists() else []

    def _waiting(self, pod: FakePod) -> list[str]:
        return [arm for arm, at in self._arrived() if at == pod.id and not (self.folder / arm).exists()]
