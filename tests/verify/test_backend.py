"""A backend that the other checks cannot use is held against eager before anything is spent, or is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.verify.conftest import SMALL
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.errors import UserError
from tinker.verify.battery import QUICK, Line, examine
from tinker.verify.gate import refuse_unsound
from tinker.verify.subject import Subject

HALF = """
from dataclasses import dataclass
from model.backend.eager import Eager
from model.slots import BACKEND

@BACKEND.variant()
class Half(Eager):
    @dataclass(frozen=True)
    class Config:
        factor: float = 1.0

        def refuses(self, device, precision, training):
            return None if precision == "bf16" else "half computes in 16 bits"

        def missing(self):
            return None

    def __init__(self, config, model, layer):
        super().__init__(config, model, layer)
        self.factor = config.factor

    def forward(self, q, k, v, scores):
        return self.factor * super().forward(q, k, v, scores)
"""


@pytest.fixture
def half(tmp_path: Path) -> Any:
    """By the factor of its error: an arm whose backend computes in 16 bits only."""
    (tmp_path / "half.py").write_text(HALF)

    def arm(factor: float) -> TrialConfig:
        chosen = f"model.backend={{type: half, factor: {factor}}}"
        plugin = f"plugins=['{tmp_path / 'half.py'}']"
        return TrialConfig.from_dict(compose([*SMALL, plugin, chosen, "train.precision=bf16"], config_dirs=[]))

    return arm


def lines(config: TrialConfig) -> dict[str, Line]:
    return {line.check: line for line in examine(Subject("arm", config, quick=True))}


def test_it_is_run_where_it_does_run_and_the_others_say_that_they_used_eager(half: Any) -> None:
    seen = lines(half(1.0))
    assert seen.keys() == {*QUICK, "backend"}
    assert seen["backend"].finding.state == "ok"
    assert seen["backend"].finding.seen.startswith("half and eager on cpu in bf16")
    assert seen["causal"].finding.seen.endswith(" (with the eager backend)")


def test_one_that_computes_something_else_is_not_run(half: Any) -> None:
    with pytest.raises(UserError, match="fails the check 'backend': half and eager on cpu in bf16: logits differ"):
        refuse_unsound({"arm": half(2.0)}, again="tinker verify", say=print)


def test_one_that_runs_nowhere_here_is_skipped_by_verify_and_not_run(
    half: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = half(1.0)
    monkeypatch.setattr(type(config.model.backend), "refuses", lambda *given: "it needs a machine of its own")
    found = lines(config)["backend"].finding
    assert found.state == "skipped"
    assert found.seen.startswith("half does not run on this machine (it needs a machine of its own)")
    with pytest.raises(UserError, match="fails the check 'backend': half does not run on this machine"):
        refuse_unsound({"arm": config}, again="tinker verify", say=print)
