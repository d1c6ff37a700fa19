"""Leaks that show in one layer, at one border, in training or between the rows of a batch alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.verify.conftest import SMALL
from tests.verify.faults import MLP
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.verify.checks import causal
from tinker.verify.finding import Finding
from tinker.verify.subject import Subject

LEAKS = {
    "only_in_the_fourth_layer": ("y + x.roll(-1, 1) if self.layer == 3 else y", ""),
    "only_from_100_to_99": ("y.index_add(1, torch.tensor([99]), x[:, 100:101]) if x.shape[1] > 100 else y", ""),
    "only_in_training": ("y + x.roll(-1, 1) if self.training else y", "in training mode, "),
    "statistics_of_the_batch": ("(self.norm(y.mT)).mT", "in training mode, "),
    "mean_of_the_batch": ("y - y.mean((0, 1))", ""),
}
BUILT = "self.layer, self.norm = layer, nn.BatchNorm1d(model.n_embd, affine=False)"


def found(folder: Path, result: str, *, quick: bool = True) -> Finding:
    """What `causal` says of four layers with an MLP that returns `result`, at a context of 128."""
    (folder / "leaky.py").write_text(MLP.format(key="", declared="0", off="", built=BUILT, result=result))
    sizes = ("model.n_layer=4", "model.context=128", "model.n_embd=16", "model.dropout=0.1")
    plugin = (f"plugins=['{folder / 'leaky.py'}']", "model.mlp={type: leaky}")
    config = TrialConfig.from_dict(compose([*SMALL, *sizes, *plugin], config_dirs=[]))
    return causal.causal(Subject("arm", config, quick))


@pytest.mark.parametrize("cheap", [True, False], ids=["each cut", "few cuts"])
@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_of_one_place_is_found_before_a_run(
    name: str, cheap: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, mode = LEAKS[name]
    monkeypatch.setattr(causal, "CHEAP", 1e12 if cheap else 0.0)
    seen = found(tmp_path, result)
    assert seen.state == "failed", seen
    assert seen.seen.startswith(f"{mode}a leak: position"), seen


def test_the_full_battery_names_both_positions(tmp_path: Path) -> None:
    seen = found(tmp_path, LEAKS["only_from_100_to_99"][0], quick=False).seen
    assert seen.startswith("a leak: position 99 sees position 100, a later one")
    assert seen.endswith("; 1 of 128 positions are seen too early")


@pytest.mark.parametrize("budget, cuts", [(0.0, 4), (1e12, 12)])
def test_a_large_model_has_fewer_cuts_and_the_finding_says_how_many(
    budget: float, cuts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causal, "CHEAP", 0.0)
    monkeypatch.setattr(causal, "BUDGET", budget)
    seen = found(tmp_path, "F.dropout(y, 0.1, self.training)")  # noise is no leak
    assert seen.state == "ok", seen
    assert seen.seen.startswith(f"{cuts} cuts of 128, also in training")


def test_cuts_are_within_the_text_and_none_comes_twice() -> None:
    for length, count in ((1, 4), (5, 4), (33, 12), (256, 12), (2048, 4)):
        cuts = causal._cuts(length, count)
        assert len(set(cuts.tolist())) == len(cuts) == min(length, count)
        assert int(cuts.min()) >= 0
        assert int(cuts.max()) == length - 1
    assert torch.equal(causal._cuts(256, 12), causal._cuts(256, 12))
