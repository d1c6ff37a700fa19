"""oneDNN's products are held against torch's, in full and before anything is spent."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.verify.conftest import SMALL, Command, findings
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.errors import FAILED, OK, UserError
from tinker.train import matmul
from tinker.verify.battery import examine
from tinker.verify.gate import refuse_unsound
from tinker.verify.subject import Subject

ON = "train.matmul=onednn"


def test_they_agree(verify: Command) -> None:
    code, out, _ = verify(*SMALL, ON, "--json")
    found = findings(out)["products"]
    assert (code, found["state"]) == (OK, "ok")
    assert "oneDNN and torch: losses differ by" in found["seen"]


def test_torchs_own_are_the_reference(verify: Command) -> None:
    _, out, _ = verify(*SMALL, "--json")
    assert findings(out)["products"]["state"] == "skipped"


def once(wrong: str) -> Any:
    """A backward pass that loses a thousandth of a gradient."""
    right = matmul._Linear.backward

    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        rows, weight = right(ctx, grad)
        if wrong == "rows":
            return None if rows is None else 0.999 * rows, weight
        return rows, None if weight is None else 0.999 * weight

    return staticmethod(backward)


@pytest.mark.usefixtures("quick_to_give_up")
@pytest.mark.parametrize("wrong", ["rows", "weight"])
def test_a_gradient_that_is_a_little_off_is_caught(
    wrong: str, verify: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matmul._Linear, "backward", once(wrong))
    code, out, _ = verify(*SMALL, ON, "--json")
    assert code == FAILED
    assert findings(out)["products"]["state"] == "failed"


def test_nothing_is_spent_where_they_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matmul, "_multiplied", lambda rows, columns: 1.01 * torch.ops.tinker.product(rows, columns))
    config = TrialConfig.from_dict(compose([*SMALL, ON], config_dirs=[]))
    found = {line.check: line.finding.state for line in examine(Subject("control", config, quick=True))}
    assert found["products"] == "failed"
    with pytest.raises(UserError, match="oneDNN and torch: losses differ"):
        refuse_unsound({"control": config}, again="tinker verify", say=print)
