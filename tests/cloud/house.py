"""A home from which `tinker run --on runpod` is asked for, with an account at the fake: no pod of it ever answers."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tinker.cloud.fake.runpod import FakeRunPod
from tinker.cloud.start import on_runpod
from tinker.cloud.trip import trip

GRID = """\
name: g
question: Does it?
control: control
scale: smoke
data: grammar
seeds: 2
base: {train.accelerator: cuda}
decide: {metric: val_loss, min_effect: 0.01}
arms: {linear: {model.attention: linear}}
"""


@dataclass
class House:
    """The current folder, and what is said in it."""

    folder: Path
    fake: FakeRunPod
    monkeypatch: pytest.MonkeyPatch
    said: list[str] = field(default_factory=list)

    def settle_in(self) -> None:
        """Goes there, with the account's key."""
        self.folder.mkdir()
        (self.folder / "g.yaml").write_text(GRID)
        self.monkeypatch.chdir(self.folder)
        for name, value in (
            ("RUNPOD_API_KEY", self.fake.key),
            ("RUNPOD_API_BASE_URL", self.fake.url),
            ("TINKER_STATE", str(self.folder.parent / "state")),
        ):
            self.monkeypatch.setenv(name, value)

    def typed(self, answer: str) -> None:
        """What the user types, at a terminal."""
        stdin = io.StringIO(answer)
        stdin.isatty = lambda: True  # type: ignore[method-assign]
        self.monkeypatch.setattr(sys, "stdin", stdin)

    def run(self, *overrides: str, yes: bool = True, grids: Sequence[str] = ("g.yaml",)) -> int:
        asked = trip(grids, overrides, self.folder / "results", None, ())
        return on_runpod(asked, self.said.append, self.said.append, yes=yes, detach=False)

    def ordered(self) -> int:
        """So many orders were sent."""
        return sum(call.method == "POST" for call in self.fake.calls)
